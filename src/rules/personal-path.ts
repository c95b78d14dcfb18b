import { percentDecoded } from "./escapes.ts";

/** Places that sites have for each visitor alone, in the languages in which their paths are most often written. */
const personalPlaces = [
  ["account", "accounts", "profile", "dashboard", "settings", "preferences", "me", "my"],
  ["cart", "basket", "checkout", "order", "orders", "wishlist", "payment", "payments", "billing"],
  ["invoice", "invoices", "subscription", "subscriptions", "notifications", "inbox", "messages"],
  ["login", "logout", "signin", "sign-in", "signout", "sign-out", "session", "password", "whoami"],
  ["admin", "administrator", "wp-admin", "wp-login"],
  ["konto", "warenkorb", "kasse", "bestellung", "bestellungen", "merkzettel"],
  ["compte", "panier", "commande", "commandes"],
  ["cuenta", "carrito", "pedido", "pedidos"],
].flat();

/** "my-account", "customer_orders", "shopping-cart", "mein-konto". */
const owners = "my|your|user|customer|member|client|shopping|edit|view|mein|meine|mon|mes|mi|mis";

const personal = new RegExp(
  `^(?:(?:${owners})[-_]?)?(?:${personalPlaces.join("|")})(?:\\.[a-z]+)?$|^my[-_]`,
  "i",
);

/**
 * The segment of a path by which what is there looks as if it were made for one visitor, "my-account"; null where none does.
 * It is a segment as a whole: an article on shopping carts is everybody's.
 */
export function personalSegment(path: string): string | null {
  return (
    percentDecoded(path.replace(/[?#].*$/s, ""))
      .split("/")
      .find((segment) => personal.test(segment)) ?? null
  );
}
