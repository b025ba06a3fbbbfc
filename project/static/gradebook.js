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

    // Whoever opens or closes a cell goes on in it, and whoever is in a cell stays there when the table comes anew.
    const places = new WeakMap(); // by what htmx knows of a request, for another one may come between
    document.addEventListener("htmx:before:swap", ({ detail }) => {
        const cell = detail.ctx.target?.closest?.("#gradebook td") ?? document.activeElement?.closest("#gradebook td");
        if (cell) places.set(detail.ctx, [cell.parentElement.id, cell.cellIndex]);
    });
    document.addEventListener("htmx:after:swap", ({ detail }) => {
        const shown = table.querySelector("[data-address]");
        if (shown) history.replaceState(null, "", shown.dataset.address);
        const [row, column] = places.get(detail.ctx) ?? [];
        const cell = row && document.getElementById(row)?.cells[column];
        if (cell && !cell.contains(document.activeElement)) (cell.querySelector("input:not([type=hidden])") ?? cell.querySelector("a"))?.focus();
    });
})();
