// A static page; proxy.js lets members alone in.
export default function Page() {
  return <h1>The secret of the members</h1>;
}
