import { z } from "zod";
import { type Page, Visitor } from "../visitor.ts";

const token = z.object({ query: z.object({ tokens: z.record(z.string(), z.string()) }) });

/** Somebody with an account at the wiki. */
export class Writer {
  private constructor(private readonly visitor: Visitor) {}

  static async logIn(url: string, name: string, password: string): Promise<Writer> {
    const writer = new Writer(new Visitor(url));
    const answer = await writer.#send("login", {
      lgname: name,
      lgpassword: password,
      lgtoken: await writer.#token("login"),
    });
    if (!answer.text.includes('"Success"'))
      throw new Error(`${name} cannot log in: ${answer.text.slice(0, 500)}`);
    return writer;
  }

  get(target: string): Promise<Page> {
    return this.visitor.get(target);
  }

  /** As a program edits. */
  async edit(title: string, text: string): Promise<void> {
    const answer = await this.#send("edit", { title, text, token: await this.#token("csrf") });
    if (!answer.text.includes('"Success"'))
      throw new Error(`${title} is not edited: ${answer.text.slice(0, 500)}`);
  }

  /** As the form in the browser does it. */
  async editInForm(title: string, text: string): Promise<Page> {
    const page = await this.visitor.get(`/index.php?title=${title}&action=edit`);
    const form = page.text.slice(page.text.indexOf('id="editform"')).split("</form>", 1)[0] ?? "";
    const fields = new Map<string, string>();
    for (const [input] of form.matchAll(/<input[^>]*>/g)) {
      const name = /name=["']([^"']*)/.exec(input)?.[1];
      const value = /value=(?:"([^"]*)"|'([^']*)')/.exec(input);
      if (name !== undefined && /type=["']hidden/.test(input))
        fields.set(name, plain(value?.[1] ?? value?.[2] ?? ""));
    }
    const written = { ...Object.fromEntries(fields), wpTextbox1: text, wpSummary: "", wpSave: "Save" };
    return this.visitor.post(`/index.php?title=${title}&action=submit`, written);
  }

  async #token(kind: string): Promise<string> {
    const answer = await this.visitor.get(`/api.php?action=query&meta=tokens&type=${kind}&format=json`);
    return token.parse(JSON.parse(answer.text)).query.tokens[`${kind}token`] ?? "";
  }

  #send(action: string, form: Readonly<Record<string, string>>): Promise<Page> {
    return this.visitor.post("/api.php", { action, format: "json", ...form });
  }
}

function plain(html: string): string {
  return html
    .replaceAll("&quot;", '"')
    .replaceAll("&#039;", "'")
    .replaceAll("&lt;", "<")
    .replaceAll("&amp;", "&");
}
