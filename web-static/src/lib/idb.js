// The device's own store: answers not yet sent, drafts, and the answers given here that may still be changed. Several people may use
// one device: drafts and answers given are found by their person only.
let opening = null;

function upgrade(event) {
    const db = event.target.result;
    if (event.oldVersion < 1) db.createObjectStore('outbox', { keyPath: 'key' });
    // Version 1 did not say whose they were.
    for (const store of ['given', 'drafts']) {
        if (event.oldVersion === 1) db.deleteObjectStore(store);
        db.createObjectStore(store, { keyPath: ['person', 'assignment'] });
    }
}

function open() {
    opening ??= new Promise((resolve, reject) => {
        const asked = indexedDB.open('plenum', 2);
        asked.onupgradeneeded = upgrade;
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

const rowsOf = (person) => IDBKeyRange.bound([person], [person, []]);
export const allRowsOf = (store, person) => run(store, 'readonly', (s) => s.getAll(rowsOf(person)));
export const clearRowsOf = (store, person) => run(store, 'readwrite', (s) => s.delete(rowsOf(person)));
