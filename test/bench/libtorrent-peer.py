"""One peer of a libtorrent crowd.

make FILE TORRENT URL                hash the file into a torrent whose web seed is URL
peer TORRENT DIR ADDRESS PEERS...    print {"type": "ready"}; at SIGUSR1 begin to fetch, from the web seed and from the
                                     peers' addresses; print {"type": "finished", ...}, then seed until killed

Over TCP, not encrypted, unchoking everybody; local service discovery beside the addresses.
"""
import json
import os
import signal
import sys

import libtorrent as lt

PORT = 6881


def say(kind, **fields):
    print(json.dumps({"v": 1, "type": kind, **fields}), flush=True)


def make(file, torrent, url):
    files = lt.file_storage()
    lt.add_files(files, file)
    # v1: what web seeds have long been used with; pieces of the size that libtorrent itself chooses.
    created = lt.create_torrent(files, flags=lt.create_torrent.v1_only)
    lt.set_piece_hashes(created, os.path.dirname(file))
    created.add_url_seed(url)
    with open(torrent, "wb") as out:
        out.write(lt.bencode(created.generate()))


def peer(torrent, folder, address, others):
    # Before the session starts its threads, which inherit it: a signal that comes early waits.
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
    session = lt.session(
        {
            "listen_interfaces": f"{address}:{PORT}",
            "enable_outgoing_utp": False,
            "enable_incoming_utp": False,
            "out_enc_policy": int(lt.enc_policy.pe_disabled),
            "in_enc_policy": int(lt.enc_policy.pe_disabled),
            "enable_dht": False,
            "enable_upnp": False,
            "enable_natpmp": False,
            "unchoke_slots_limit": -1,
            "alert_mask": lt.alert.category_t.status_notification,
        }
    )
    say("ready")
    signal.sigwait([signal.SIGUSR1])
    handle = session.add_torrent({"ti": lt.torrent_info(torrent), "save_path": folder, "flags": 0})
    for other in others:
        handle.connect_peer((other, PORT))
    finished = False
    while not finished:
        session.wait_for_alert(20)
        finished = any(isinstance(alert, lt.torrent_finished_alert) for alert in session.pop_alerts())
    status = handle.status()
    say("finished", wastedBytes=status.total_failed_bytes + status.total_redundant_bytes, version=lt.__version__)
    while True:
        session.wait_for_alert(1000)
        session.pop_alerts()


if __name__ == "__main__":
    command, arguments = sys.argv[1], sys.argv[2:]
    if command == "make":
        make(*arguments)
    else:
        peer(arguments[0], arguments[1], arguments[2], arguments[3:])
