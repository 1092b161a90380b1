// Passes bytes on between whoever connects to a port of its own and the port of its one argument. Told {nth, way, after}, it
// cuts a connection when so many bytes more have gone one way, and says {cut: way}; told {calm}, it cuts no more.
import { connect, createServer } from 'node:net';

const pairs = new Set();

function take(client) {
    const server = connect(Number(process.argv[2]), '127.0.0.1'), pair = { armed: undefined };
    pairs.add(pair);
    const end = () => {
        pairs.delete(pair);
        client.destroy();
        server.destroy();
    };
    const pass = (from, to, way) => from.on('data', (data) => {
        const { armed } = pair;
        if (armed?.way !== way || armed.after > data.length) {
            if (armed?.way === way) armed.after -= data.length;
            to.write(data);
            return;
        }
        process.send({ cut: way });
        to.write(data.subarray(0, armed.after), end); // so much of it still arrives
    });
    pass(client, server, 'query');
    pass(server, client, 'reply');
    for (const socket of [client, server]) socket.on('error', end).on('close', end);
}

const listener = createServer(take).listen(0, '127.0.0.1', () => process.send({ port: listener.address().port }));
process.on('message', ({ calm, nth, way, after }) => {
    if (calm) {
        for (const pair of pairs) pair.armed = undefined;
        return;
    }
    const free = [...pairs].filter((pair) => pair.armed === undefined);
    if (free.length > 0) free[nth % free.length].armed = { way, after };
});
process.on('disconnect', () => process.exit());
