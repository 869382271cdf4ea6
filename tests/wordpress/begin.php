<?php
// Makes the database, installs WordPress into it, and switches the plugin on as an owner does.
$socket = getenv( 'SHOP_SOCKET' );
( new mysqli( 'localhost', 'root', '', '', 0, $socket ) )->query( 'CREATE DATABASE shop' );

$_SERVER += array( 'HTTP_HOST' => 'www.shop.example', 'SERVER_PROTOCOL' => 'HTTP/1.1', 'REQUEST_METHOD' => 'GET', 'REQUEST_URI' => '/' );
define( 'ABSPATH', getenv( 'SHOP_FOLDER' ) . '/' );
define( 'WP_INSTALLING', true );
require_once ABSPATH . 'wp-load.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';
require_once ABSPATH . 'wp-admin/includes/plugin.php';
wp_install( 'Shop', 'owner', 'owner@shop.example', true, '', 'owner-password' );
wp_insert_user( array( 'user_login' => 'editor', 'user_pass' => 'editor-password', 'user_email' => 'e@shop.example', 'role' => 'editor' ) );
update_option( 'template', 'plain' );
update_option( 'stylesheet', 'plain' );
$trouble = activate_plugin( 'twinbeam/twinbeam.php' );
echo is_wp_error( $trouble ) ? $trouble->get_error_message() : 'ready';
