"""One end of a libtorrent transfer, for the pair benchmark.

make FILE TORRENT       hash the file into a torrent
seed TORRENT DIR        print {"type": "listening", "port": N}, then seed until killed
leech TORRENT DIR PORT  fetch from 127.0.0.1:PORT; print {"type": "finished", ...} with times and CPU of this process

Not encrypted, over TCP, without any discovery: what is fastest for libtorrent.
"""
import json
import os
import sys
import time

import libtorrent as lt

PIECE_BYTES = 1 << 20


def say(kind, **fields):
    print(json.dumps({"v": 1, "type": kind, **fields}), flush=True)


def start_session():
    settings = lt.high_performance_seed()
    settings.update(
        {
            "listen_interfaces": "127.0.0.1:0",
            "enable_outgoing_utp": False,
            "enable_incoming_utp": False,
            "out_enc_policy": int(lt.enc_policy.pe_disabled),
            "in_enc_policy": int(lt.enc_policy.pe_disabled),
            "enable_dht": False,
            "enable_lsd": False,
            "enable_upnp": False,
            "enable_natpmp": False,
            "allow_multiple_connections_per_ip": True,
            "alert_mask": lt.alert.category_t.status_notification | lt.alert.category_t.storage_notification,
        }
    )
    return lt.session(settings)


def make(file, torrent):
    files = lt.file_storage()
    lt.add_files(files, file)
    # v2 alone: it verifies with sha256, as shoal does, and a hybrid torrent would hash everything twice.
    created = lt.create_torrent(files, piece_size=PIECE_BYTES, flags=lt.create_torrent.v2_only)
    lt.set_piece_hashes(created, os.path.dirname(file))
    with open(torrent, "wb") as out:
        out.write(lt.bencode(created.generate()))


def seed(torrent, folder):
    session = start_session()
    # Seed mode takes the file as complete instead of hashing it first.
    session.add_torrent({"ti": lt.torrent_info(torrent), "save_path": folder, "flags": lt.torrent_flags.seed_mode})
    while session.listen_port() == 0:
        session.wait_for_alert(50)
        session.pop_alerts()
    say("listening", port=session.listen_port())
    while True:
        session.wait_for_alert(1000)
        session.pop_alerts()


def leech(torrent, folder, port):
    session = start_session()
    info = lt.torrent_info(torrent)
    started, cpu = time.perf_counter(), time.process_time()
    # No flags: neither paused nor queued.
    handle = session.add_torrent({"ti": info, "save_path": folder, "flags": 0})
    handle.connect_peer(("127.0.0.1", port))
    finished = False
    while not finished:
        session.wait_for_alert(20)
        finished = any(isinstance(alert, lt.torrent_finished_alert) for alert in session.pop_alerts())
    received = time.perf_counter()
    handle.flush_cache()
    flushed = False
    while not flushed:
        session.wait_for_alert(20)
        flushed = any(isinstance(alert, lt.cache_flushed_alert) for alert in session.pop_alerts())
    path = os.path.join(folder, info.files().file_path(0))
    with open(path, "rb+") as file:
        os.fsync(file.fileno())
    done = time.perf_counter()
    say(
        "finished",
        transferMs=round((received - started) * 1000),
        elapsedMs=round((done - started) * 1000),
        cpuSeconds=time.process_time() - cpu,
        version=lt.__version__,
    )


if __name__ == "__main__":
    command, arguments = sys.argv[1], sys.argv[2:]
    if command == "make":
        make(*arguments)
    elif command == "seed":
        seed(*arguments)
    else:
        leech(arguments[0], arguments[1], int(arguments[2]))
