"use client";

import { useEffect, useState } from "react";

// What changes while the page is shown, where the app is in the making.
const sentence = "first";

export default function Page() {
  // Kept where the code alone is replaced, another one after each reload.
  const [life] = useState(() => Math.random().toString(36).slice(2));
  // It tells once more where the code is another.
  useEffect(() => {
    const ear = `http://127.0.0.1:${new URLSearchParams(location.search).get("ear")}/`;
    void fetch(ear + encodeURIComponent(`${life} shows ${sentence}`), { method: "POST", mode: "no-cors" });
  }, [life, sentence]);
  return <h1 suppressHydrationWarning>{`${life} ${sentence}`}</h1>;
}
