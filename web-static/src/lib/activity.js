// How long a person looked and worked: wall time, and the part of it when the page was visible and a key, pointer or
// scroll came within the last 30 s. Measured to describe judgments, never to refuse one.
const IDLE_MS = 30_000;

export function startActivity(now = () => performance.now()) {
    const started = now();
    let active_ms = 0;
    let counted = started;
    let touched = started;
    let visible = document.visibilityState === 'visible';
    let left = 0; // for another window or tab

    function count() {
        const t = now();
        if (visible) active_ms += Math.max(0, Math.min(t, touched + IDLE_MS) - counted);
        counted = t;
    }
    function touch() {
        count();
        touched = now();
    }
    function onBlur() {
        left += 1;
    }
    function onVisibility() {
        count();
        visible = document.visibilityState === 'visible';
        if (visible) touched = now();
    }

    const events = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'scroll', 'touchmove'];
    for (const name of events) addEventListener(name, touch, { passive: true, capture: true });
    document.addEventListener('visibilitychange', onVisibility);
    addEventListener('blur', onBlur);

    return {
        read() {
            count();
            return { active_ms: Math.round(active_ms), wall_ms: Math.round(now() - started), left };
        },
        stop() {
            for (const name of events) removeEventListener(name, touch, { capture: true });
            document.removeEventListener('visibilitychange', onVisibility);
            removeEventListener('blur', onBlur);
        },
    };
}
