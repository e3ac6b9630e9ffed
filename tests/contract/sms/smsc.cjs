// An SMS centre for tests: the SMPP server of the package `smpp`, told what to do on standard input
// and saying what it saw on standard output, one JSON object to a line each way.
//   node smsc.cjs PASSWORD
"use strict";
const path = require("node:path");
const readline = require("node:readline");
const smpp = require(path.join(__dirname, "..", "..", "..", "web", "node_modules", "smpp"));

const password = process.argv[2];
const sessions = new Set();
const plan = []; // what to answer to the next submit_sm: a status, "silent" or "drop"
let count = 0;

const say = (fact) => process.stdout.write(JSON.stringify(fact) + "\n");

function submitted(session, pdu) {
    const next = plan.length > 0 ? plan.shift() : smpp.ESME_ROK;
    const id = `m${++count}`;
    const { message, udh } = pdu.short_message;
    say({
        event: "submit",
        id: next === smpp.ESME_ROK ? id : "",
        to: pdu.destination_addr,
        from: pdu.source_addr,
        ton: [pdu.source_addr_ton, pdu.dest_addr_ton],
        npi: [pdu.source_addr_npi, pdu.dest_addr_npi],
        text: Buffer.isBuffer(message) ? message.toString("latin1") : message,
        udh: udh ? udh.map((part) => part.toString("hex")) : [],
        coding: pdu.data_coding,
        esm_class: pdu.esm_class,
        registered: pdu.registered_delivery,
        sar: [pdu.sar_msg_ref_num, pdu.sar_total_segments, pdu.sar_segment_seqnum],
    });
    if (next === "silent") return;
    if (next === "drop") return void session.destroy();
    session.send(pdu.response({ command_status: next, message_id: next === 0 ? id : "" }));
}

const server = smpp.createServer({}, (session) => {
    session.on("error", () => sessions.delete(session));
    session.on("close", () => sessions.delete(session));
    session.on("bind_transceiver", (pdu) => {
        const right = pdu.password === password;
        say({ event: "bind", system_id: pdu.system_id, version: pdu.interface_version, right });
        if (!right) return void session.send(pdu.response({ command_status: smpp.ESME_RINVPASWD }));
        sessions.add(session);
        session.send(pdu.response({ system_id: "smsc" }));
    });
    session.on("submit_sm", (pdu) => submitted(session, pdu));
    session.on("enquire_link", (pdu) => {
        say({ event: "enquire_link" });
        session.send(pdu.response());
    });
    session.on("unbind", (pdu) => {
        say({ event: "unbind" });
        session.send(pdu.response());
        session.close();
    });
});

function receipt(order) {
    const text =
        `id:${order.id} sub:001 dlvrd:${order.stat === "DELIVRD" ? "001" : "000"} ` +
        `submit date:2611271200 done date:2611271201 stat:${order.stat} err:${order.err || "000"} text:`;
    const pdu = { source_addr: order.from || "13800006021", destination_addr: "10086", esm_class: 4 };
    if (order.tlv) Object.assign(pdu, { receipted_message_id: order.id, message_state: order.tlv });
    else pdu.short_message = text;
    for (const session of sessions) {
        session.deliver_sm(pdu, (answer) => say({ event: "receipted", status: answer.command_status }));
        return;
    }
}

readline.createInterface({ input: process.stdin }).on("line", (line) => {
    const order = JSON.parse(line);
    if (order.plan) plan.push(...order.plan);
    if (order.receipt) receipt(order.receipt);
    if (order.text) {
        for (const session of sessions) {
            session.deliver_sm({ source_addr: "13800006021", destination_addr: "10086", short_message: order.text });
        }
    }
    if (order.drop) for (const session of [...sessions]) session.destroy();
    say({ event: "ordered" });
}).on("close", () => process.exit(0));

server.listen(0, "127.0.0.1", () => say({ event: "listening", port: server.address().port }));
