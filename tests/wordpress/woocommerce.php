<?php
/**
 * As much of WooCommerce as the plugin touches, on a real WordPress: its classes, functions and hooks by their documented
 * names, in the order in which WooCommerce calls them. Written from WooCommerce's documentation and not from the plugin.
 * Orders lie in options; what is below /standin/ is the tests' own way in.
 */

namespace Automattic\WooCommerce\Utilities {
	class FeaturesUtil {
		public static array $declared = array();
		public static function declare_compatibility( string $feature, string $file, bool $yes ): bool {
			self::$declared[ $feature ] = $yes && 'twinbeam.php' === basename( $file );
			return true;
		}
	}
}

namespace {
	class WC_Order_Item_Product {
		private array $line;
		public function __construct( array $line ) {
			$this->line = $line;
		}
		public function get_product_id() {
			return $this->line['product_id'];
		}
		public function get_variation_id() {
			return $this->line['variation_id'];
		}
		public function get_quantity() {
			return $this->line['quantity'];
		}
		public function get_name() {
			return $this->line['name'];
		}
		public function get_total() {
			return $this->line['total'];
		}
	}

	class WC_Order {
		private array $its;
		public function __construct( int $id = 0 ) {
			$this->its = $id ? get_option( "standin_order_$id" ) : array(
				'id'     => 0,
				'key'    => '',
				'status' => 'pending',
				'meta'   => array(),
			);
		}
		public function get_id() {
			return $this->its['id'];
		}
		public function get_order_key() {
			return $this->its['key'];
		}
		public function get_status() {
			return $this->its['status'];
		}
		public function set_status( string $status ) {
			$this->its['status'] = $status;
		}
		public function has_status( $status ) {
			return in_array( $this->its['status'], (array) $status, true );
		}
		public function get_meta( $key ) {
			return $this->its['meta'][ $key ] ?? '';
		}
		public function update_meta_data( $key, $value ) {
			$this->its['meta'][ $key ] = $value;
		}
		public function delete_meta_data( $key ) {
			unset( $this->its['meta'][ $key ] );
		}
		public function get_total() {
			return '89.90';
		}
		public function get_currency() {
			return 'EUR';
		}
		public function get_items() {
			$line = array( 'product_id' => 93, 'variation_id' => 94, 'quantity' => 2, 'total' => '80.00', 'name' => 'Lamp </script><b>"bright"</b>' );
			return array( 1 => new WC_Order_Item_Product( $line ) );
		}
		public function save() {
			if ( ! $this->its['id'] ) {
				$this->its['id']  = 1000 + (int) get_option( 'standin_orders', 0 );
				$this->its['key'] = 'wc_order_' . wp_generate_password( 13, false );
				update_option( 'standin_orders', $this->its['id'] - 999 );
			}
			update_option( "standin_order_{$this->its['id']}", $this->its );
			return $this->its['id'];
		}
		public function rest_meta(): array {
			$meta = array();
			foreach ( $this->its['meta'] as $key => $value ) {
				$meta[] = array( 'id' => count( $meta ) + 1, 'key' => $key, 'value' => $value );
			}
			return $meta;
		}
	}

	function wc_get_order( $id ) {
		return get_option( 'standin_order_' . (int) $id ) ? new WC_Order( (int) $id ) : false;
	}

	function is_checkout() {
		return 0 === strpos( $_SERVER['REQUEST_URI'], '/checkout' );
	}

	$standin_schema = array();
	function woocommerce_store_api_register_endpoint_data( array $args ) {
		global $standin_schema;
		$standin_schema[ $args['namespace'] ] = array( 'type' => array( 'object', 'null' ), 'properties' => $args['schema_callback']() );
	}

	function standin_placed( WC_Order $order ): array {
		$order->set_status( $_GET['status'] ?? 'processing' );
		$order->save();
		return array( 'redirect' => home_url( "/checkout/order-received/{$order->get_id()}/?key={$order->get_order_key()}" ) );
	}

	// WooCommerce says these when it is loaded, which is before or after other plugins.
	add_action( 'plugins_loaded', function () {
		do_action( 'before_woocommerce_init' );
		do_action( 'woocommerce_blocks_loaded' );
	}, 20 );

	// The Store API, by which the block checkout places orders.
	add_action( 'rest_api_init', function () {
		global $standin_schema;
		register_rest_route( 'wc/store/v1', '/checkout', array(
			'methods'             => 'POST',
			'permission_callback' => '__return_true',
			'args'                => array( 'extensions' => array( 'type' => 'object', 'properties' => $standin_schema ) ),
			'callback'            => function ( WP_REST_Request $request ) {
				$order = new WC_Order();
				$order->set_status( 'checkout-draft' );
				$order->save();
				do_action( 'woocommerce_store_api_checkout_update_order_from_request', $order, $request );
				$order->save();
				do_action( 'woocommerce_store_api_checkout_order_processed', $order );
				return standin_placed( $order );
			},
		) );
	} );

	// The classic checkout, by which a form's script places orders.
	add_action( 'init', function () {
		if ( 'checkout' !== ( $_GET['wc-ajax'] ?? '' ) ) {
			return;
		}
		check_admin_referer( 'woocommerce-process_checkout', 'woocommerce-process-checkout-nonce' );
		$order = new WC_Order();
		do_action( 'woocommerce_checkout_create_order', $order, array( 'billing_email' => $_POST['billing_email'] ) );
		$order->save();
		do_action( 'woocommerce_checkout_order_created', $order );
		wp_send_json( array( 'result' => 'success' ) + standin_placed( $order ) );
	} );

	add_action( 'template_redirect', function () {
		status_header( 200 );
		nocache_headers();
		include get_template_directory() . '/index.php';
		exit;
	}, 0 );

	function standin_body(): void {
		$path = wp_parse_url( $_SERVER['REQUEST_URI'], PHP_URL_PATH );
		if ( preg_match( '#^/checkout/order-received/(\d+)/$#', $path, $found ) ) {
			echo '<p>Thank you</p>';
			do_action( 'woocommerce_thankyou', (int) $found[1] );
		} elseif ( '/checkout/' === $path ) {
			?>
			<form class="checkout" method="post">
				<input name="billing_email" value="ada@example.com">
				<?php
				do_action( 'woocommerce_checkout_after_customer_details' );
				wp_nonce_field( 'woocommerce-process_checkout', 'woocommerce-process-checkout-nonce' );
				?>
				<button>Place order</button>
			</form>
			<script>
			// As WooCommerce's script: the form never leaves, its fields do.
			document.querySelector("form.checkout").addEventListener("submit", async (event) => {
				event.preventDefault();
				const body = new URLSearchParams(new FormData(event.target));
				const answer = await fetch("/?wc-ajax=checkout" + location.search.replace("?", "&"), { method: "POST", body });
				location = (await answer.json()).redirect;
			});
			</script>
			<?php
		} elseif ( '/checkout-block/' === $path ) {
			?>
			<button id="place">Place order</button>
			<script>
			// As the checkout block: no form, and what extensions have set travels with the order.
			const extensions = {};
			const store = { setExtensionData: (namespace, values) => { extensions[namespace] = { ...extensions[namespace], ...values } } };
			window.wp = { data: { dispatch: (name) => (name === "wc/store/checkout" ? store : undefined) } };
			document.querySelector("#place").addEventListener("click", async () => {
				const headers = { "Content-Type": "application/json" };
				const body = JSON.stringify({ extensions: window.forged || extensions });
				const answer = await fetch("/?rest_route=/wc/store/v1/checkout", { method: "POST", headers, body });
				location = (await answer.json()).redirect;
			});
			</script>
			<?php
		}
	}

	// ---- the tests' own way in ----

	add_filter( 'wp_script_attributes', function ( array $attributes ) {
		return isset( $attributes['data-mode'] ) ? $attributes + array( 'data-host' => get_option( 'standin_host' ) ) : $attributes;
	} );

	add_action( 'init', function () {
		if ( 0 !== strpos( $_SERVER['REQUEST_URI'], '/standin/' ) ) {
			return;
		}
		$told  = json_decode( file_get_contents( 'php://input' ), true );
		$order = isset( $told['order'] ) ? wc_get_order( $told['order'] ) : null;
		foreach ( $told['options'] ?? array() as $name => $value ) {
			update_option( $name, $value );
		}
		if ( isset( $told['status'] ) ) {
			$order->set_status( $told['status'] );
			$order->save();
		}
		if ( isset( $told['forget'] ) ) {
			do_action( 'woocommerce_privacy_remove_order_personal_data', $order );
			$order = wc_get_order( $told['order'] );
		}
		if ( isset( $told['uninstall'] ) ) {
			require_once ABSPATH . 'wp-admin/includes/plugin.php';
			uninstall_plugin( 'twinbeam/twinbeam.php' );
		}
		$copied = array( '_twinbeam_order' => 'o', '_ttclid' => 'c', '_billing_email' => 'e' );
		wp_send_json( array(
			'order'    => $order ? array( 'id' => $order->get_id(), 'order_key' => $order->get_order_key(), 'meta_data' => $order->rest_meta() ) : null,
			'last'     => 999 + (int) get_option( 'standin_orders', 0 ),
			'settings' => get_option( 'twinbeam_settings' ),
			'declared' => \Automattic\WooCommerce\Utilities\FeaturesUtil::$declared,
			'renewal'  => apply_filters( 'wc_subscriptions_renewal_order_data', $copied ),
		) );
	}, 1 );
}
