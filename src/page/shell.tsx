import { useEffect, useRef } from "preact/hooks";
import { useCell } from "./cell.ts";
import { Empty } from "./parts/empty.tsx";
import { addressOf, place } from "./place.ts";
import { Standing } from "./standing.tsx";
import { type Section, sectionOf, sections } from "./sections.tsx";
import { locked } from "./session.ts";
import { ThemeSwitch } from "./theme-switch.tsx";
import { TokenForm } from "./token-form.tsx";

/** What is around every section, and the one that the address names. */
export function Shell() {
  const { section: name } = useCell(place);
  const lock = useCell(locked);
  const section = sectionOf(name);
  const main = useRef<HTMLElement>(null);
  const isFirst = useRef(true);
  const title = section?.title ?? "There is no such place";

  useEffect(() => {
    document.title = `${title} · cacheproxy`;
    // Who listens to the page hears where he has come to; when it opens the browser says so.
    if (!isFirst.current) main.current?.focus();
    isFirst.current = false;
  }, [title]);

  // No link: the address behind the # says in which section one is.
  return (
    <>
      <button class="skip" type="button" onClick={() => main.current?.focus()}>
        Skip to the content
      </button>
      <header class="top">
        <a class="brand" href={addressOf("")}>
          cacheproxy
        </a>
        <Standing />
        <ThemeSwitch />
        <Navigation current={section} />
      </header>
      <main id="main" ref={main} tabIndex={-1}>
        <h1>{lock === "no" ? title : "Your token, please"}</h1>
        {lock === "no" ? <Content section={section} /> : <TokenForm lock={lock} />}
      </main>
    </>
  );
}

function Navigation({ current }: { readonly current: Section | null }) {
  return (
    <nav aria-label="Sections">
      {sections.map((section) => (
        <a
          key={section.name}
          href={addressOf(section.name)}
          aria-current={section === current ? "page" : undefined}
        >
          {section.label}
        </a>
      ))}
    </nav>
  );
}

function Content({ section }: { readonly section: Section | null }) {
  if (section === null) return <Empty>Choose one of the sections above.</Empty>;
  return <section.Content key={section.name} />;
}
