import { type Page, Visitor } from "../visitor.ts";

/** Somebody with an account. */
export class Journalist {
  private constructor(private readonly visitor: Visitor) {}

  static async logIn(url: string, name: string, password: string): Promise<Journalist> {
    const visitor = new Visitor(url);
    await visitor.get("/wp-login.php");
    const answer = await visitor.post("/wp-login.php", {
      log: name,
      pwd: password,
      "wp-submit": "Log In",
      testcookie: "1",
    });
    if (answer.status !== 302)
      throw new Error(`${name} cannot log in: ${answer.status} ${answer.text.slice(0, 500)}`);
    return new Journalist(visitor);
  }

  get(target: string): Promise<Page> {
    return this.visitor.get(target);
  }

  /** As WordPress's editor saves a post. */
  async save(post: number | undefined, changes: Readonly<Record<string, string>>): Promise<void> {
    const nonce = await this.visitor.get("/wp-admin/admin-ajax.php?action=rest-nonce");
    const answer = await this.visitor.postJson(`/wp-json/wp/v2/posts/${post}`, changes, {
      "X-WP-Nonce": nonce.text,
    });
    if (answer.status !== 200)
      throw new Error(`the post is not saved: ${answer.status} ${answer.text.slice(0, 500)}`);
  }
}
