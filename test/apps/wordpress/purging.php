<?php
/*
 * Plugin Name: Asks for purges as Proxy Cache Purge and Nginx Helper do, neither of which Debian has.
 * The file wp-content/purging names the one it is at the moment; without it there is no plugin.
 */
function a_purging() {
    return is_file(WP_CONTENT_DIR . '/purging') ? trim(file_get_contents(WP_CONTENT_DIR . '/purging')) : '';
}

// Proxy Cache Purge: what belongs to a post is collected while it is saved, and purged at the end, at the address of the cache.
$a_purging_urls = [];
add_action('save_post', function ($id) {
    global $a_purging_urls;
    if (a_purging() !== 'proxy-cache-purge' || get_post_status($id) !== 'publish') return;
    array_push($a_purging_urls, get_permalink($id), get_bloginfo_rss('rss2_url'), home_url('/'), rest_url("wp/v2/posts/$id/"));
});
add_action('shutdown', function () {
    global $a_purging_urls;
    $cache = wp_parse_url(home_url(), PHP_URL_HOST) . ':' . wp_parse_url(home_url(), PHP_URL_PORT);
    foreach (array_unique($a_purging_urls) as $url) {
        $parts = wp_parse_url($url);
        $host = $parts['host'] . (isset($parts['port']) ? ":{$parts['port']}" : '');
        wp_remote_request("http://$cache{$parts['path']}", [
            'sslverify' => false,
            'method' => 'PURGE',
            'headers' => ['host' => $host, 'X-Purge-Method' => 'default'],
        ]);
    }
});

// Nginx Helper: when a post is published or published anew, at the site's own name.
add_action('transition_post_status', function ($new, $old, $post) {
    if (a_purging() !== 'nginx-helper' || $new !== 'publish') return;
    foreach ([home_url('/'), get_permalink($post)] as $url) {
        $base = home_url('/purge') . wp_parse_url($url, PHP_URL_PATH);
        foreach (['', 'feed/', 'feed/atom/', 'feed/rdf/'] as $more) wp_remote_get($base . $more);
    }
}, 10, 3);
