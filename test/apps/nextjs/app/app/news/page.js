export const revalidate = 60;

export default function Page() {
  return <h1>{`News of ${Date.now()}`}</h1>;
}
