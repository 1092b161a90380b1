// The device's own store: answers not yet sent, drafts, and the answers given here that may still be changed.
let opening = null;

function open() {
    opening ??= new Promise((resolve, reject) => {
        const asked = indexedDB.open('plenum', 1);
        asked.onupgradeneeded = () => {
            asked.result.createObjectStore('outbox', { keyPath: 'key' });
            asked.result.createObjectStore('given', { keyPath: 'assignment' });
            asked.result.createObjectStore('drafts', { keyPath: 'assignment' });
        };
        asked.onsuccess = () => {
            // A newer version of the page in another tab may want to upgrade.
            asked.result.onversionchange = () => { asked.result.close(); opening = null; };
            resolve(asked.result);
        };
        asked.onerror = () => { opening = null; reject(asked.error); };
    });
    return opening;
}

async function run(store, mode, act) {
    const db = await open();
    return new Promise((resolve, reject) => {
        // Strict: an answer said to be saved on this device is on its disk.
        const change = db.transaction(store, mode, { durability: mode === 'readwrite' ? 'strict' : 'default' });
        const asked = act(change.objectStore(store));
        change.oncomplete = () => resolve(asked?.result);
        change.onabort = () => reject(change.error);
        change.onerror = () => reject(change.error);
    });
}

export const putRow = (store, row) => run(store, 'readwrite', (s) => s.put(row));
export const deleteRow = (store, key) => run(store, 'readwrite', (s) => s.delete(key));
export const getRow = (store, key) => run(store, 'readonly', (s) => s.get(key));
export const allRows = (store) => run(store, 'readonly', (s) => s.getAll());
export const clearStore = (store) => run(store, 'readwrite', (s) => s.clear());
