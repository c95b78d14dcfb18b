export default function Page() {
  return <h1>The other page</h1>;
}
