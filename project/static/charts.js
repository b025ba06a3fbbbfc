// Draws each canvas[data-chart] from the JSON in it: {kind: "line" | "histogram" | "bars", title, labels, values}, from_zero for a line whose axis begins there,
// a zone for labels that are instants, if it is not the reader's, and mark: {at, text}, a line across at a place between two labels, counted from 0.
"use strict";

(() => {
    const drawn = new WeakMap(); // canvas → the JSON it shows

    // Read off an element: a property of its own would come as it is written, light-dark() and all.
    const swatch = document.head.appendChild(document.createElement("span"));
    function colour(name) {
        swatch.style.color = `var(${name})`;
        return getComputedStyle(swatch).color;
    }

    // Chart.js computes max − min, which overflows for ±1.7e308, and its ticks lose sense near 1e-300.
    // So values beyond ordinary sizes are drawn divided by a power of ten, which their ticks name again.
    function exponentOf(values) {
        const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
        if (largest === 0 || (largest >= 1e-4 && largest < 1e12)) return 0;
        return Math.max(-300, Math.floor(Math.log10(largest)));
    }

    function scientific(value, exponent, ticks) {
        if (value === 0) return "0";
        const step = ticks.length > 1 ? Math.abs(ticks[1].value - ticks[0].value) : Math.abs(value);
        const digits = Math.min(12, Math.max(0, Math.ceil(Math.log10(Math.abs(value) / step))) + 1);
        const [mantissa, power] = value.toExponential(digits).split("e");
        return `${Number(mantissa)}e${Number(power) + exponent}`;
    }

    function valueAxis(spec, exponent) {
        const axis = { grid: { color: colour("--callboard-grid") }, ticks: { color: colour("--callboard-ink"), maxTicksLimit: 6 } };
        if (!isLine(spec) || spec.from_zero) Object.assign(axis, { beginAtZero: true });
        if (!isLine(spec)) axis.ticks.precision = 0;
        if (exponent !== 0) axis.ticks.callback = (value, _index, ticks) => scientific(value, exponent, ticks);
        return axis;
    }

    function shortened(label) {
        const characters = [...String(label)];
        return characters.length > 24 ? `${characters.slice(0, 23).join("")}…` : label;
    }

    const isLine = (spec) => spec.kind === "line";

    function axisLabels(spec) {
        if (isLine(spec)) return callboard.axis(spec.labels.map((label) => new Date(label)), spec.zone);
        if (spec.kind === "histogram") return spec.labels.map((label) => label.split(" … ")[0]); // where the bar begins
        return spec.labels;
    }

    function labelAxis(spec) {
        const labels = axisLabels(spec);
        const across = spec.kind === "bars";
        return {
            grid: { display: false },
            border: { color: colour("--callboard-grid") },
            ticks: {
                color: colour("--callboard-ink"),
                autoSkip: !across,
                maxTicksLimit: across ? 50 : 5,
                maxRotation: 0,
                callback: (_value, index) => shortened(labels[index]),
            },
        };
    }

    function dataset(spec, exponent) {
        const mark = colour("--callboard-mark");
        return {
            data: spec.values.map((value) => value / 10 ** exponent),
            backgroundColor: mark,
            borderColor: isLine(spec) ? mark : colour("--pico-background-color"),
            borderWidth: isLine(spec) ? 2 : 1,
            pointRadius: spec.values.length > 60 ? 0 : 2.5,
            pointHitRadius: 12,
            barPercentage: spec.kind === "histogram" ? 1 : 0.8,
            categoryPercentage: 1,
            maxBarThickness: spec.kind === "bars" ? 32 : undefined,
        };
    }

    function tooltip(spec) {
        const label = (item) => String(spec.values[item.dataIndex]);
        return isLine(spec) ? { label, title: ([item]) => callboard.moment(new Date(item.label), spec.zone) } : { label };
    }

    // By dragging over a stretch, and by the wheel with Ctrl: alone it scrolls the page. The buttons do for keys and for fingers.
    function zooming(mode) {
        const drag = { enabled: true, backgroundColor: colour("--callboard-grid"), borderColor: colour("--callboard-mark"), borderWidth: 1 };
        return { zoom: { mode, drag, wheel: { enabled: true, modifierKey: "ctrl" } }, pan: { mode }, limits: { [mode]: { minRange: 1 } } };
    }

    const STEP = 80; // pixels
    const steps = {
        in: (chart) => chart.zoom(1.5),
        out: (chart) => chart.zoom(1 / 1.5),
        back: (chart, along) => chart.pan({ [along]: STEP }),
        on: (chart, along) => chart.pan({ [along]: -STEP }),
        all: (chart) => chart.resetZoom(),
    };

    document.addEventListener("click", (event) => {
        const button = event.target.closest?.("[data-zoom]");
        const chart = button && Chart.getChart(button.closest(".chart").querySelector("canvas"));
        if (chart) steps[button.dataset.zoom](chart, chart.options.indexAxis);
    });

    // A plugin of the one chart that has a mark.
    function marking(mark) {
        return {
            id: "mark",
            afterDatasetsDraw({ ctx, chartArea, scales: { x } }) {
                const before = Math.floor(mark.at);
                const [from, to] = [x.getPixelForValue(before), x.getPixelForValue(before + 1)];
                const at = from + (to - from) * (mark.at - before);
                if (at < chartArea.left || at > chartArea.right) return;
                ctx.save();
                ctx.strokeStyle = ctx.fillStyle = colour("--callboard-ink");
                ctx.setLineDash([4, 3]);
                ctx.beginPath();
                ctx.moveTo(at, chartArea.top);
                ctx.lineTo(at, chartArea.bottom);
                ctx.stroke();
                const beyond = at > (chartArea.left + chartArea.right) / 2;
                ctx.textAlign = beyond ? "right" : "left";
                ctx.fillText(mark.text, at + (beyond ? -4 : 4), chartArea.top + 10);
                ctx.restore();
            },
        };
    }

    function configuration(spec) {
        const exponent = exponentOf(spec.values);
        const [values, labels] = [valueAxis(spec, exponent), labelAxis(spec)];
        const across = spec.kind === "bars";
        return {
            type: isLine(spec) ? "line" : "bar",
            data: { labels: spec.labels, datasets: [dataset(spec, exponent)] },
            plugins: spec.mark ? [marking(spec.mark)] : [],
            options: {
                locale: "en",
                animation: false,
                responsive: true,
                maintainAspectRatio: false,
                indexAxis: across ? "y" : "x",
                interaction: { mode: "nearest", axis: across ? "y" : "x", intersect: false },
                scales: across ? { x: values, y: labels } : { x: labels, y: values },
                plugins: {
                    legend: { display: false },
                    tooltip: { displayColors: false, callbacks: tooltip(spec) },
                    zoom: zooming(across ? "y" : "x"),
                },
            },
        };
    }

    function draw(canvas) {
        const json = canvas.dataset.chart;
        if (drawn.get(canvas) === json) return;
        drawn.set(canvas, json);
        Chart.getChart(canvas)?.destroy();
        new Chart(canvas, configuration(JSON.parse(json)));
    }

    function drawAll() {
        for (const chart of Object.values(Chart.instances)) if (!chart.canvas?.isConnected) chart.destroy();
        document.querySelectorAll("canvas[data-chart]").forEach(draw);
    }

    function redrawAll() {
        document.querySelectorAll("canvas[data-chart]").forEach((canvas) => drawn.delete(canvas));
        drawAll();
    }

    document.addEventListener("htmx:after:swap", drawAll);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redrawAll);
    new MutationObserver(redrawAll).observe(document.documentElement, { attributeFilter: ["data-theme"] });
    drawAll();
})();
