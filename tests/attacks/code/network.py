# name: network of every family
# kind: escape
# hopes: answers are fetched, data are sent
# stock: no
import socket

for family in range(46):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW):
        try:
            socket.socket(family, kind)
            print("LEAKED @TOKEN@ socket", family, kind)
        except OSError:
            pass
try:
    print("LEAKED @TOKEN@", socket.create_connection(("127.0.0.1", 22), timeout=1))
except OSError as error:
    print(error)


def confusion_counts(y_true, y_pred, positive=1):
    return (0, 0, 0, 0)
