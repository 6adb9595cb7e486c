# The program in the shells of the reliability experiments: a position-coded stream out, a log of the bytes that came in.
# Arguments: log file, blocks per second, whether to echo. SIGTERM ends the stream with its length; it then goes on logging.
import os, signal, sys, time, tty, select

log = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
rate = float(sys.argv[2])
echo = sys.argv[3] == "echo"
tty.setraw(0)
stopping = False


def stop(_number, _frame):
    global stopping
    stopping = True


signal.signal(signal.SIGTERM, stop)
with open(sys.argv[1] + ".pid", "w") as file:
    file.write(str(os.getpid()))


def check(position):
    value = (position ^ 0x9E3779B9) & 0xFFFFFFFF
    value = (value * 0x85EBCA6B) & 0xFFFFFFFF
    value ^= value >> 13
    value = (value * 0xC2B2AE35) & 0xFFFFFFFF
    return value ^ (value >> 16)


def write(data):
    while data:
        data = data[os.write(1, data):]


position = 0
started = time.monotonic()
ended = False
while True:
    due = int((time.monotonic() - started) * rate) + 1
    if not ended:
        blocks = []
        while position < due * 32 and len(blocks) < 512:
            blocks.append(b"%016x %08x ....\r\n" % (position, check(position)))
            position += 32
        if stopping:
            blocks.append(b"<end %016x>\r\n" % position)
            ended = True
        write(b"".join(blocks))
    wait = 1.0 if ended else max(0.0, started + position / 32 / rate - time.monotonic())
    readable, _, _ = select.select([0], [], [], min(wait, 0.05))
    if readable:
        data = os.read(0, 65536)
        if not data:
            break
        os.write(log, data)
        if echo:
            write(b"{" + data + b"}")
