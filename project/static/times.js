// Instants (time[datetime]) in the reader's time zone; with data-ago, how long ago or how far ahead; with data-local, as the page says them, in a zone of
// its own. The title keeps UTC, and the reader's time where the text does not say it.
"use strict";

window.callboard = (() => {
    const words = { day: "numeric", month: "short", year: "numeric" };
    const clock = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" };
    const format = (parts, timeZone) => new Intl.DateTimeFormat("en-GB", { ...parts, timeZone });
    const moment = format({ ...words, ...clock });
    const date = format(words);
    const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
    const steps = [["second", 60], ["minute", 60], ["hour", 24], ["day", 30]]; // a unit, and how many of it are said with it
    const EVERY = 5000;

    function distance(instant) {
        let amount = (instant - Date.now()) / 1000;
        if (Math.abs(amount) < 5) return "just now";
        for (const [unit, limit] of steps) {
            if (Math.abs(Math.round(amount)) < limit) return relative.format(Math.round(amount), unit);
            amount /= limit;
        }
        return date.format(instant);
    }

    function show(element) {
        const instant = new Date(element.dateTime);
        const utc = `${instant.toISOString().slice(0, 19).replace("T", " ")} UTC`;
        const [here, both] = [moment.format(instant), `${moment.format(instant)} (${utc})`];
        const { ago, local } = element.dataset;
        const [text, title] = local !== undefined ? [element.textContent, `For you ${both}`] : ago !== undefined ? [distance(instant), both] : [here, utc];
        if (element.textContent !== text) element.textContent = text;
        if (element.title !== title) element.title = title;
    }

    function showAll(which = "time[datetime]") {
        document.querySelectorAll(which).forEach(show);
    }

    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    for (const note of document.querySelectorAll("[data-zone]")) note.textContent = `Times are in your time zone, ${zone}; point at one to see it in UTC.`;
    showAll();
    document.addEventListener("htmx:after:swap", () => showAll());
    setInterval(() => document.hidden || showAll("time[data-ago]"), EVERY);

    // What an axis of instants says, in the reader's zone or in another one: no date where all share it.
    function axis(instants, zone) {
        const dates = format(words, zone);
        const days = new Set(instants.map((instant) => dates.format(instant)));
        const shown = format(days.size > 1 ? { ...words, ...clock } : clock, zone);
        return instants.map((instant) => shown.format(instant));
    }

    return { moment: (instant, zone) => format({ ...words, ...clock }, zone).format(instant), axis };
})();
