"""Programs that want more than their task: what the machine holds, or all of it. Each prints what it got."""

from tests.checker.attacks.attack import Attack

READS = [
    Attack("the token in the environment", "import os\nprint(dict(os.environ))", "'PATH'", hides="a-secret-token"),
    Attack(
        "the token in other processes' environments",
        "import glob\nfor file in glob.glob('/proc/[0-9]*/environ'):\n    try:\n        print(file, open(file, 'rb').read())\n    except OSError as error:\n"
        "        print(error)",
        "/proc/1/environ",
        hides="a-secret-token",
    ),
    Attack("the private tests", "print(open('/SECRETS/private_test.py').read())", "PermissionError|FileNotFoundError", hides="the-private-test"),
    Attack("a folder that is hidden", "import os\nprint(os.listdir('/SECRETS/hidden'))", r"^\[\]", hides="private-folder"),
    Attack(
        "the private tests, by a link",
        "import os\nos.symlink('/SECRETS/private_test.py', 'link')\nprint(open('link').read())",
        "Error",
        hides="the-private-test",
    ),
    Attack(
        "a home, the CI's folders, the machine's logs",
        "import os\nprint([name for name in ('/home', '/var', '/run', '/srv', '/builds') if os.path.exists(name)])",
        r"^\[\]",
    ),
    Attack("passwords' hashes", "print(open('/etc/shadow').read())", "Permission"),
    Attack("other processes", "import os\nprint(sorted(int(name) for name in os.listdir('/proc') if name.isdigit())[-1] < 20)", "True"),
    Attack("files that were left open", "import os\nprint(sorted(map(int, os.listdir('/proc/self/fd')))[:-1])", r"^\[0, 1, 2\]"),
]

REACHES = [
    Attack("the network", "import socket\nsocket.create_connection(('192.0.2.1', 80), 5)", "Network is unreachable"),
    Attack("a server on this machine", "import socket\nsocket.create_connection(('127.0.0.1', PORT), 5)", "Connection refused"),
    Attack("the reference", "open('/SECRETS/readable.txt', 'w')", "Read-only file system"),
    Attack("programs", "open('/usr/bin/python3', 'a')", "Read-only file system|Permission denied|Text file busy"),
    Attack(
        "the checker's own process",
        "import os, signal\nfor pid in (-1, os.getppid()):\n    try:\n        os.kill(pid, signal.SIGSTOP)\n"
        "    except OSError as error:\n        print(error)\nprint('alive')",
        "alive|time: it ran for more than 5 s",
        timeout=5,
    ),
    Attack("the terminal", "import fcntl, termios\nfcntl.ioctl(open('/dev/tty'), termios.TIOCSTI, b'x')", "No such device or address"),
    Attack(
        "root, by sudo and its like", "import os\ntry:\n    os.setuid(0)\nexcept OSError as error:\n    print(error)\nopen('/proc/sysrq-trigger', 'w')", "Error"
    ),
    Attack("more than its limits", "import resource\nresource.setrlimit(resource.RLIMIT_NPROC, (10**6, 10**6))", "not allowed to raise maximum limit"),
    Attack("mounts", "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\nprint(libc.umount2(b'/SECRETS/hidden', 2), ctypes.get_errno())", r"^-1 (1|22)"),
]

EXHAUSTS = [
    Attack("time", "while True:\n    pass", "time: it ran for more than 1 s", timeout=1),
    Attack(
        "time, asleep and deaf",
        "import signal, time\nfor number in set(signal.Signals) - {9, 19}:\n    signal.signal(number, signal.SIG_IGN)\ntime.sleep(60)",
        "time: ",
        timeout=1,
    ),
    Attack("time, stopped", "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)", "time: ", timeout=1),
    Attack("memory", "data = []\nwhile True:\n    data.append(bytearray(1 << 24))", "MemoryError"),
    Attack(
        "memory, in many processes",
        "import os, time\nfor _ in range(8):\n    if not os.fork():\n        data = bytearray(os.urandom(1024)) * (128 << 10)\n"
        "        time.sleep(55)\ntime.sleep(55)",
        "memory: its processes used more than 500,000,000 bytes together",
    ),
    Attack(
        "memory, by files in it",
        "for name in range(99):\n    with open(f'/dev/shm/{name}', 'wb') as file:\n        file.write(b'x' * 10**6)",
        "No space left on device",
    ),
    Attack("the process table", "import os\nwhile True:\n    os.fork()", "Resource temporarily unavailable"),
    Attack(
        "the disk, in /tmp", "for name in range(99):\n    with open(f'/tmp/{name}', 'wb') as file:\n        file.write(b'x' * 10**6)", "No space left on device"
    ),
    Attack("the disk, by one file", "with open('/tmp/x', 'wb') as file:\n    while True:\n        file.write(b'x' * 65536)", "File too large"),
    Attack(
        "the disk, where it may write",
        "import time\nfor name in range(99):\n    with open(str(name), 'wb') as file:\n        file.write(b'x' * 10**6)\ntime.sleep(55)",
        "disk: it wrote more than 20,000,000 bytes",
    ),
    Attack("the log", "import os\nwhile True:\n    os.write(1, b'x' * 65536)", "output: it wrote more than"),
    Attack("the log's reader", "import os\nos.write(1, bytes(range(128, 256)))", "�"),
    Attack("file descriptors", "files = []\nwhile True:\n    files.append(open('/dev/null'))", "Too many open files"),
]

OUTLIVES = Attack(
    "the run",
    "import os, time\nif not os.fork():\n    os.setsid()\n    if not os.fork():\n        while True:\n"
    "            open('alive', 'w').write(str(time.time()))\n            time.sleep(0.01)\n    os._exit(0)\n"
    "while not os.path.exists('alive'):\n    time.sleep(0.01)\nprint('done')",
    "done",
)

ATTACKS = [*READS, *REACHES, *EXHAUSTS]
