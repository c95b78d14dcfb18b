<?php
/*
 * Plugin Name: A shop that uses cookies, paths and parameters as WooCommerce does, which Debian does not have.
 */
function a_shop_cart() {
    $key = null;
    foreach ($_COOKIE as $name => $value) if (strpos($name, 'wp_woocommerce_session_') === 0) $key = $value;
    return $key === null ? [] : (array) get_option('a_cart_' . md5($key), []);
}

add_action('init', function () {
    if (!isset($_GET['add-to-cart'])) return;
    $key = $_COOKIE['wp_woocommerce_session_shop'] ?? wp_generate_password(20, false);
    $cart = a_shop_cart();
    $cart[] = sanitize_text_field($_GET['add-to-cart']);
    update_option('a_cart_' . md5($key), $cart);
    setcookie('wp_woocommerce_session_shop', $key, 0, '/');
    setcookie('woocommerce_items_in_cart', '1', 0, '/');
    setcookie('woocommerce_cart_hash', md5(implode($cart)), 0, '/');
});

// As WooCommerce does on its cart, and the plugin that greets does not on its pages.
add_action('template_redirect', function () { if (is_page('cart')) nocache_headers(); });
add_shortcode('a_shop', function () { return 'In your cart: ' . count(a_shop_cart()); });
add_shortcode('a_cart', function () { return 'Cart of: ' . (implode(', ', a_shop_cart()) ?: 'nothing'); });

// A plugin nobody knows of, that greets whom it knows by a cookie, and says nothing of caching.
add_action('wp_footer', function () {
    if (isset($_COOKIE['a_plugin_name'])) echo 'Hello ' . esc_html($_COOKIE['a_plugin_name']);
});

// All visitors of the proof come from one address, and one after the other.
add_filter('comment_flood_filter', '__return_false');
