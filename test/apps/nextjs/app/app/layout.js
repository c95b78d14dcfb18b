import Link from "next/link";

export default function Layout({ children }) {
  return (
    <html lang="en">
      <body>
        <Link href="/">Home</Link> <Link href="/other">Other</Link> <Link href="/me">Me</Link>
        {children}
      </body>
    </html>
  );
}
