/** Sends several messages as one, and calls back when the other side has them, or with the error that kept them from it. */
export type SendAll<Message> = (messages: Message[], sent: (error: Error | null) => void) => void;

/**
 * Messages that are sent within one turn of the event loop go as one. Between processes each costs some ten microseconds
 * on either side, whatever it holds, and a request that asks the origin takes three of them.
 */
export function gatherMessages<Message>(
  sendAll: SendAll<Message>,
): (message: Message, sent?: (error: Error | null) => void) => void {
  let messages: Message[] = [];
  let callbacks: ((error: Error | null) => void)[] = [];

  function send(): void {
    const [sending, told] = [messages, callbacks];
    messages = [];
    callbacks = [];
    sendAll(sending, (error) => {
      for (const tell of told) tell(error);
    });
  }

  return (message, sent) => {
    messages.push(message);
    if (sent !== undefined) callbacks.push(sent);
    if (messages.length === 1) setImmediate(send);
  };
}

/** What was sent as one; a message alone is taken as well. */
export function messagesIn(raw: unknown): readonly unknown[] {
  return Array.isArray(raw) ? raw : [raw];
}
