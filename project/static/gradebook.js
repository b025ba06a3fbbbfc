// The gradebook: a cell opens in its place (the link in it leads to a page that does the same), arrows go from cell to cell, and the address follows the table.
"use strict";

(() => {
    const table = document.getElementById("gradebook");
    const cellOf = (event) => event.target.closest?.("#gradebook td");

    table.addEventListener("click", (event) => {
        const link = event.target.closest("td > a");
        if (!link || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
        event.preventDefault();
        htmx.ajax("GET", link.href, { target: link.parentElement, swap: "outerHTML" });
    });

    const steps = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

    table.addEventListener("keydown", (event) => {
        const cell = cellOf(event);
        if (!cell) return;
        if (event.key === "Escape") return cell.querySelector("[hx-get]")?.click();
        if (!steps[event.key] || event.target.tagName !== "A" || cell.classList.contains("opened")) return;
        const [down, right] = steps[event.key];
        const next = cell.parentElement.parentElement.rows[cell.parentElement.sectionRowIndex + down]?.cells[cell.cellIndex + right]?.querySelector("a");
        if (!next) return;
        event.preventDefault();
        next.focus();
    });

    // Whoever opens or closes a cell goes on in it.
    let place = null;
    document.addEventListener("htmx:before:swap", ({ detail }) => {
        const cell = detail.ctx.target?.closest?.("#gradebook td");
        place = cell ? [cell.parentElement.id, cell.cellIndex] : null;
    });
    document.addEventListener("htmx:after:swap", () => {
        const shown = table.querySelector("[data-address]");
        if (shown) history.replaceState(null, "", shown.dataset.address);
        const cell = place && document.getElementById(place[0])?.cells[place[1]];
        if (cell) (cell.querySelector("input:not([type=hidden])") ?? cell.querySelector("a"))?.focus();
        place = null;
    });
})();
