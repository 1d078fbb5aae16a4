"use strict";
// Adds the search of all pages, and the filter of a reference page. Works from a file, because the index is a script, too.

(() => {
  const MOST = 30;
  const words = text => text.toLowerCase().split(/\s+/).filter(Boolean);
  const make = (tag, properties, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };

  /** Resolves to the entries of the index: file, page, id, heading, text. */
  let loading;
  const index = () => loading ??= new Promise((resolve, reject) => {
    document.head.append(make("script", { src: "search-index.js", onload: () => resolve(window.redoubtIndex), onerror: reject }));
  });

  /** Returns the rank of an entry, 0 if it lacks one of the words. */
  function rank([, page, , heading, text], wanted) {
    const [title, name, body] = [page, heading, text].map(each => each.toLowerCase());
    let sum = name === wanted.join(" ") ? 200 : 0;
    for (const word of wanted) {
      const own = name === word ? 100 : name.startsWith(word) ? 40 : name.includes(word) ? 20
        : title.includes(word) ? 8 : body.includes(word) ? 1 : 0;
      if (!own) {
        return 0;
      }
      sum += own + (body.includes(word) ? 1 : 0) + (title.includes(word) ? 2 : 0);
    }
    return sum;
  }

  /** Returns the text around the first of the words, which are marked. */
  function excerpt(text, wanted) {
    const lower = text.toLowerCase();
    const at = Math.min(...wanted.map(word => lower.indexOf(word)).filter(each => each >= 0), text.length);
    const start = at === text.length ? 0 : Math.max(0, at - 50);
    const part = (start ? "… " : "") + text.slice(start, start + 150) + (start + 150 < text.length ? " …" : "");
    const parts = [];
    let from = 0;
    const small = part.toLowerCase();
    while (from < part.length) {
      const next = wanted.map(word => [small.indexOf(word, from), word.length]).filter(([place]) => place >= 0)
        .sort((a, b) => a[0] - b[0])[0];
      if (!next) {
        break;
      }
      parts.push(part.slice(from, next[0]), make("mark", {}, part.slice(next[0], next[0] + next[1])));
      from = next[0] + next[1];
    }
    return make("span", { className: "excerpt" }, ...parts, part.slice(from));
  }

  function addSearch() {
    const field = make("input", { type: "search", placeholder: "Search ( / )", autocomplete: "off", spellcheck: false });
    field.setAttribute("aria-label", "Search the manual");
    const results = make("div", { className: "results", hidden: true });
    results.setAttribute("aria-live", "polite");
    const form = make("form", { className: "search" }, field, results);
    form.setAttribute("role", "search");
    document.querySelector("header").append(form);

    async function show() {
      const wanted = words(field.value);
      if (!wanted.length) {
        results.hidden = true;
        return;
      }
      let entries;
      try {
        entries = await index();
      } catch {
        results.replaceChildren(make("p", {}, "search-index.js can't be read."));
        results.hidden = false;
        return;
      }
      const found = entries.map(entry => [rank(entry, wanted), entry]).filter(([value]) => value)
        .sort((a, b) => b[0] - a[0]);
      const items = found.slice(0, MOST).map(([, [file, page, id, heading, text]]) =>
        make("li", {}, make("a", { href: file + (id ? "#" + id : "") },
          page === heading ? page : `${page} › ${heading}`, excerpt(text, wanted))));
      results.replaceChildren(
        make("p", {}, found.length > MOST ? `The first ${MOST} of ${found.length} results` : `${found.length} result${found.length === 1 ? "" : "s"}`),
        make("ul", {}, ...items));
      results.hidden = false;
    }

    field.addEventListener("input", show);
    field.addEventListener("focus", show);
    form.addEventListener("submit", event => {
      event.preventDefault();
      results.querySelector("a")?.click();
    });
    results.addEventListener("click", event => {
      if (event.target.closest("a")) {
        results.hidden = true;
      }
    });
    document.addEventListener("keydown", event => {
      if (event.key === "/" && !/^(INPUT|TEXTAREA)$/.test(event.target.tagName)) {
        event.preventDefault();
        field.focus();
      } else if (event.key === "Escape") {
        results.hidden = true;
      }
    });
    document.addEventListener("click", event => {
      if (!form.contains(event.target)) {
        results.hidden = true;
      }
    });
  }

  /** Adds a field that hides the entries, and their links, whose text lacks one of its words. */
  function addFilter() {
    const list = document.querySelector(".sections");
    const entries = [...document.querySelectorAll(".entry")];
    if (!list || !entries.length) {
      return;
    }
    const field = make("input", { type: "search", placeholder: "Filter this page", autocomplete: "off", spellcheck: false });
    field.setAttribute("aria-label", "Filter this page");
    const count = make("p", { className: "count" });
    count.setAttribute("aria-live", "polite");
    list.prepend(field, count);
    const texts = entries.map(entry => entry.textContent.toLowerCase());
    const idOf = entry => entry.id || entry.querySelector("[id]").id;
    const links = new Map([...list.querySelectorAll("details:last-of-type a")].map(link => [link.hash.slice(1), link.parentElement]));
    const groups = [...document.querySelectorAll(".text > section")];
    const apply = () => {
      const wanted = words(field.value);
      let shown = 0;
      entries.forEach((entry, i) => {
        entry.hidden = !wanted.every(word => texts[i].includes(word));
        shown += entry.hidden ? 0 : 1;
        const link = links.get(idOf(entry));
        if (link) {
          link.hidden = entry.hidden;
        }
      });
      groups.forEach(group => {
        group.hidden = wanted.length > 0 && !group.querySelector(".entry:not([hidden])");
        list.querySelector(`a[href="#${group.querySelector("h2").id}"]`).parentElement.hidden = group.hidden;
      });
      count.textContent = wanted.length ? `${shown} of ${entries.length}` : `${entries.length} entries`;
    };
    field.addEventListener("input", apply);
    // A link to a hidden entry resets the filter.
    addEventListener("hashchange", () => {
      const target = document.getElementById(location.hash.slice(1));
      if (target?.closest("[hidden]")) {
        field.value = "";
        apply();
        target.scrollIntoView();
      }
    });
    apply();
  }

  /** Marks the link to the section that is read. */
  function followReading() {
    const links = [...document.querySelectorAll(".sections > ul a, .sections details:first-of-type a")];
    const places = links.map(link => [link, document.getElementById(link.hash.slice(1))]).filter(([, place]) => place);
    const mark = () => {
      let current = null;
      for (const [link, place] of places) {
        if (place.checkVisibility() && place.getBoundingClientRect().top < 120) {
          current = link;
        }
      }
      links.forEach(link => link === current ? link.setAttribute("aria-current", "true") : link.removeAttribute("aria-current"));
    };
    let waits = false;
    addEventListener("scroll", () => {
      if (!waits) {
        waits = true;
        requestAnimationFrame(() => {
          waits = false;
          mark();
        });
      }
    }, { passive: true });
    mark();
  }

  addSearch();
  addFilter();
  followReading();
  // The lists are open next to the text; above it they would push it away.
  const isWide = matchMedia("(min-width: 72rem)");
  const unfold = () => document.querySelectorAll(".sections details").forEach(each => each.open = isWide.matches);
  isWide.addEventListener("change", unfold);
  unfold();
})();
