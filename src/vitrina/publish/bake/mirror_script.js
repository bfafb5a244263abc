// In a baked copy: the jump menu searches an index of files, since there is no server to ask.
(() => {
  const root = new URL("../../", document.currentScript.src);
  const plainFetch = window.fetch;
  const kept = new Map();

  function read(name) {
    if (!kept.has(name)) {
      const answer = plainFetch(new URL(`-/bake/search/${name}.json`, root)).then((response) => (response.ok ? response.json() : null));
      kept.set(name, answer.catch(() => null));
    }
    return kept.get(name);
  }

  const shardOf = (word) => [...word.slice(0, 2)].map((char) => char.codePointAt(0).toString(16)).join("-");

  async function pagesWith(word) {
    const shard = (await read(`words-${shardOf(word)}`)) || {};
    const found = new Set();
    for (const [known, pages] of Object.entries(shard)) {
      if (known.startsWith(word)) for (const page of pages) found.add(page);
    }
    return found;
  }

  async function search(text) {
    const words = (text.toLowerCase().match(/[\p{L}\p{N}_]{2,}/gu) || []).slice(0, 5);
    const about = await read("about");
    if (!about) return { matches: [], truncated: false };
    let pages = null;
    for (const word of words) {
      const found = await pagesWith(word);
      pages = pages === null ? found : new Set([...pages].filter((page) => found.has(page)));
    }
    const numbers = pages === null ? [...Array(Math.min(about.first, 20)).keys()] : [...pages].sort((a, b) => a - b);
    const matches = [];
    for (const number of numbers.slice(0, 20)) {
      const part = (await read(`pages-${Math.floor(number / about.size)}`)) || [];
      const page = part[number % about.size];
      if (page) matches.push({ name: page[1], url: new URL(page[0], root).href, type: page[2], description: page[3] || null });
    }
    return { matches, truncated: numbers.length > 20 };
  }

  window.fetch = (resource, options) => {
    const url = new URL(resource instanceof Request ? resource.url : resource, location.href);
    if (!url.pathname.endsWith("/-/jump")) return plainFetch(resource, options);
    return search(url.searchParams.get("q") || "").then((answer) => new Response(JSON.stringify(answer), { headers: { "Content-Type": "application/json" } }));
  };
})();
