<?php
// Sets WordPress up as its own installer does, and writes what the proof reads.
define('WP_INSTALLING', true);
$_SERVER['HTTP_HOST'] = parse_url(getenv('WP_URL'), PHP_URL_HOST) . ':' . parse_url(getenv('WP_URL'), PHP_URL_PORT);
$_SERVER['REQUEST_URI'] = '/';
require getcwd() . '/wp-load.php';
require ABSPATH . 'wp-admin/includes/upgrade.php';
// No mail is sent.
function wp_mail() { return true; }
wp_install('A small journal', 'editor', 'editor@example.org', true, '', 'a long password');
update_option('permalink_structure', '/%postname%/');
update_option('comment_moderation', 1);
update_option('comment_previously_approved', 0);
$author = wp_create_user('author', 'another password', 'author@example.org');
(new WP_User($author))->set_role('author');
$posts = [
    ['post_title' => 'Open', 'post_name' => 'open', 'post_content' => 'For all to read.', 'post_author' => $author],
    ['post_title' => 'Locked', 'post_name' => 'locked', 'post_content' => 'The treasure is under the oak.', 'post_password' => 'oak'],
    ['post_title' => 'Secret', 'post_name' => 'secret', 'post_content' => 'For members alone.', 'post_status' => 'private'],
    ['post_title' => 'Draft', 'post_name' => 'draft', 'post_content' => 'Not yet for readers.', 'post_status' => 'draft', 'post_author' => $author],
    ['post_title' => 'Shop', 'post_name' => 'shop', 'post_content' => '[a_shop]', 'post_type' => 'page'],
    ['post_title' => 'Cart', 'post_name' => 'cart', 'post_content' => '[a_cart]', 'post_type' => 'page'],
];
$ids = [];
foreach ($posts as $post) $ids[$post['post_name']] = wp_insert_post($post + ['post_status' => 'publish', 'comment_status' => 'open']);
global $wp_rewrite;
$wp_rewrite->init();
flush_rewrite_rules(false);
echo json_encode($ids);
