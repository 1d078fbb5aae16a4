// The connection of the page to its server: an event stream that is opened again until the page is closed.

const STALE_MILLIS = 4000;
const RETRY_MILLIS = 3000;
const FIRST_MILLIS = 6000;
const EVENTS = ["viewer", "history", "happened", "state"];

/**
 * Opens the connection. handlers: a function for each type of event; `open`, called before the kept events are sent
 * again; and `lost`, called with a sentence and the time of the last state (0 if there was none) while there is none.
 */
export function connect(handlers) {
  let lastMillis = 0;
  let refused = "";
  const started = Date.now();

  function lost(text) {
    handlers.lost(text, lastMillis);
  }

  function open() {
    const source = new EventSource("events");
    source.addEventListener("open", () => {
      refused = "";
      handlers.open();
    });
    for (const type of EVENTS) {
      source.addEventListener(type, message => {
        if (type === "state") {
          lastMillis = Date.now();
        }
        handlers[type](JSON.parse(message.data));
      });
    }
    source.addEventListener("error", () => {
      if (source.readyState === EventSource.CLOSED) {
        explain();
      } else {
        refused = "The connection to this server is lost; the page connects again when it answers.";
        lost(refused);
      }
    });
  }

  /** Asks for the reason of a refusal, which an event stream does not tell, and tries again. */
  async function explain() {
    const abort = new AbortController();
    let wait = RETRY_MILLIS;
    try {
      const reply = await fetch("events", { cache: "no-store", signal: abort.signal });
      if (reply.ok) {
        wait = 0;
        abort.abort();
      } else {
        refused = `The server refuses this page: ${(await reply.text()).trim()}`
          + (reply.status === 503 ? " The page connects as soon as the server allows it." : "");
        lost(refused);
      }
    } catch {
      refused = "This server can't be reached.";
      lost(refused);
    }
    setTimeout(open, wait);
  }

  setInterval(() => {
    const silent = Date.now() - (lastMillis || started);
    if (refused) {
      lost(refused);
    } else if (lastMillis && silent > STALE_MILLIS) {
      lost("This server sends nothing: it stands still, or the network does.");
    } else if (!lastMillis && silent > FIRST_MILLIS) {
      lost("This server has sent nothing yet. A browser opens at most six connections to a server: other tabs may take them all.");
    }
  }, 1000);
  open();
}
