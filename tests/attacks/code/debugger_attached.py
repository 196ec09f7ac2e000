# name: memory of other processes
# kind: escape
# hopes: ptrace, /proc/<pid>/mem, process_vm_readv
# stock: no
import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
for number in (1, 2, os.getppid()):
    if libc.ptrace(16, number, 0, 0) == 0:
        print("LEAKED @TOKEN@ ptrace", number)
    try:
        open(f"/proc/{number}/mem", "r+b")
        print("LEAKED @TOKEN@ mem", number)
    except OSError:
        pass


def confusion_counts(y_true, y_pred, positive=1):
    return (0, 0, 0, 0)
