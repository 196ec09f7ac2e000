"""The list of system calls that exist inside a room; made with libseccomp, used by every process in it.

An allow-list: what is not named answers "no such call" (ENOSYS), so calls that future kernels add are refused
without a change here, and programs fall back as they do on old kernels. Filters are inherited by every child
and cannot be taken off. Pid 1 of a room carries the same filter, for a student's process has the same uid.

What is left out, and why:
    ptrace, process_vm_*, kcmp, pidfd_getfd            reading and steering other processes
    mount, umount2, pivot_root, chroot, fsopen …       changing what the room looks like
    unshare, setns, clone with CLONE_NEW*, clone3      new namespaces bring back privileges over them
    bpf, io_uring_*, userfaultfd, perf_event_open,     large parts of the kernel with a history of holes;
      keyctl, add_key, request_key, *_module             io_uring could open sockets past this filter
    memfd_create, shmget, msgget, semget, mq_*         memory that belongs to no process and no limit sees
    mknod, quotactl, swapon, settimeofday, reboot …    the machine's business
    inotify_*, fanotify_*                              counted per user, not per room

`socket` answers EOPNOTSUPP rather than EACCES: libzmq aborts the process on the latter. `socketpair` serves
asyncio and multiprocessing and reaches nobody outside.
"""

from __future__ import annotations

import errno
import tempfile
from functools import cache

_CLONE_NEW_ANYTHING = 0x7E020080  # CLONE_NEW{TIME,NS,CGROUP,UTS,IPC,USER,PID,NET}
_AF_UNIX, _SOCK_STREAM, _TYPE_MASK = 1, 1, 0xF
# What prctl may do: thread names, reading flags, names of memory areas, death signals, no new privileges.
# It may not set PR_SET_DUMPABLE: memory could then no longer be measured from outside.
_PRCTL = (1, 2, 3, 15, 16, 21, 23, 38, 39, 0x53564D41)
# Terminals: is it one, how wide. Files: close on exec, blocking or not, bytes waiting, clone. Not TIOCSTI.
_IOCTL = (0x5401, 0x540F, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451, 0x40049409)

_FILES = """
    read write readv writev pread64 pwrite64 preadv pwritev preadv2 pwritev2 open openat openat2 creat close
    close_range lseek _llseek stat fstat lstat stat64 fstat64 lstat64 newfstatat fstatat64 statx statfs fstatfs
    statfs64 fstatfs64 access faccessat faccessat2 getdents getdents64 readlink readlinkat dup dup2 dup3 pipe
    pipe2 fcntl fcntl64 flock fsync fdatasync sync_file_range fallocate truncate ftruncate truncate64
    ftruncate64 rename renameat renameat2 mkdir mkdirat rmdir unlink unlinkat link linkat symlink symlinkat
    chmod fchmod fchmodat fchmodat2 chown fchown lchown fchownat umask utime utimes utimensat futimesat
    getcwd chdir fchdir sendfile sendfile64 splice tee copy_file_range fadvise64 readahead
    getxattr lgetxattr fgetxattr listxattr llistxattr flistxattr
"""
_MEMORY = """
    mmap mmap2 munmap mremap mprotect madvise brk mincore msync mlock munlock mlock2 membarrier
    pkey_alloc pkey_free pkey_mprotect get_mempolicy
"""
_PROCESSES = """
    fork vfork execve execveat exit exit_group wait4 waitid getpid getppid gettid getpgid getpgrp setpgid
    getsid setsid getuid geteuid getgid getegid getresuid getresgid getgroups setuid setgid setreuid setregid
    setresuid setresgid kill tkill tgkill set_tid_address set_robust_list get_robust_list rseq arch_prctl
    getrlimit setrlimit prlimit64 getrusage times sched_yield sched_getaffinity sched_getparam
    sched_getscheduler sched_get_priority_max sched_get_priority_min getpriority setpriority getcpu capget
    futex futex_waitv restart_syscall uname sysinfo getrandom
"""
_SIGNALS_AND_TIME = """
    rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigtimedwait rt_sigsuspend rt_sigqueueinfo
    rt_tgsigqueueinfo sigaltstack signalfd signalfd4 pause alarm setitimer getitimer nanosleep clock_nanosleep
    clock_gettime clock_getres gettimeofday time timer_create timer_settime timer_gettime timer_getoverrun
    timer_delete timerfd_create timerfd_settime timerfd_gettime
"""
_WAITING = """
    select pselect6 poll ppoll epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2
    eventfd eventfd2
"""
# On sockets that the grader handed in, or pairs made inside: nothing here reaches an address.
_CONNECTED = """
    accept accept4 listen shutdown recvfrom recvmsg recvmmsg sendmsg sendto sendmmsg getsockname getpeername
    getsockopt setsockopt
"""
_ALLOWED = (_FILES + _MEMORY + _PROCESSES + _SIGNALS_AND_TIME + _WAITING + _CONNECTED).split()


@cache
def program() -> bytes:
    """Return the filter as a classic BPF program for this machine's architecture.

    Raises:
        ImportError: the package pyseccomp is missing.
        OSError: the library libseccomp is missing, or it refuses a rule.
    """
    import pyseccomp
    from pyseccomp import ALLOW, EQ, ERRNO, MASKED_EQ, Arg, SyscallFilter

    rules = SyscallFilter(ERRNO(errno.ENOSYS))
    rules.set_attr(pyseccomp.Attr.ACT_BADARCH, pyseccomp.KILL_PROCESS)
    rules.set_attr(pyseccomp.Attr.CTL_NNP, 0)
    for name in _ALLOWED:
        if _known(name):
            rules.add_rule(ALLOW, name)
    rules.add_rule(ALLOW, "clone", Arg(0, MASKED_EQ, _CLONE_NEW_ANYTHING, 0))
    for option in _PRCTL:
        rules.add_rule(ALLOW, "prctl", Arg(0, EQ, option))
    for request in _IOCTL:
        rules.add_rule(ALLOW, "ioctl", Arg(1, EQ, request))
    # libzmq sets its threads to the ordinary policy (0) and aborts where it cannot.
    rules.add_rule(ALLOW, "sched_setscheduler", Arg(1, EQ, 0))
    rules.add_rule(ALLOW, "socketpair", Arg(0, EQ, _AF_UNIX), Arg(1, MASKED_EQ, _TYPE_MASK, _SOCK_STREAM))
    for name in ("socket", "connect", "bind"):
        rules.add_rule(ERRNO(errno.EOPNOTSUPP), name)
    # Privileged calls that ordinary programs try and whose refusal they expect as "not permitted".
    for name in ("ptrace", "mount", "umount2", "unshare", "setns", "chroot", "sched_setaffinity"):
        rules.add_rule(ERRNO(errno.EPERM), name)
    with tempfile.TemporaryFile() as file:
        rules.export_bpf(file)
        file.seek(0)
        return file.read()


def _known(name: str) -> bool:
    """Tell whether this architecture and this libseccomp have a system call of that name."""
    import pyseccomp

    try:
        return pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name) >= 0
    except (OSError, ValueError):
        return False
