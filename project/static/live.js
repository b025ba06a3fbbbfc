// Regions that fetch themselves again (data-live): they do so seldom while nobody looks, and say when the site does not answer.
"use strict";

(() => {
    const isLive = (event) => event.target instanceof Element && event.target.hasAttribute("data-live");

    function tellTrouble(is) {
        for (const notice of document.querySelectorAll("[data-live-trouble]")) notice.hidden = !is;
    }

    const SELDOM = 30000;
    const asked = new Map(); // by address, for a region that is swapped is another element

    document.addEventListener("htmx:before:request", (event) => {
        if (!isLive(event)) return;
        const address = event.target.getAttribute("hx-get");
        if (document.hidden && Date.now() - (asked.get(address) ?? 0) < SELDOM) event.preventDefault();
        else asked.set(address, Date.now());
    });

    // Whoever was logged out is sent to another page: go there, rather than show it inside the region.
    document.addEventListener("htmx:before:response", (event) => {
        if (!isLive(event) || !event.detail.ctx.response.raw.redirected) return;
        event.preventDefault();
        window.location.reload();
    });

    document.addEventListener("htmx:after:swap", (event) => {
        if (isLive(event) && event.detail.ctx.response.status < 400) tellTrouble(false);
    });
    document.addEventListener("htmx:response:error", (event) => isLive(event) && tellTrouble(true));
    document.addEventListener("htmx:error", (event) => isLive(event) && tellTrouble(true));
})();
