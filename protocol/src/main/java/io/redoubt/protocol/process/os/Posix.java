package io.redoubt.protocol.process.os;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;

/**
 * System calls for which Java has no method, with their errors. They are all linked with one type,
 * since the first link of a type costs tens of milliseconds; and on use only: when going to the
 * background, when notifying systemd, and for some directives. See {@link LibraryFunction}.
 */
public final class Posix {
  private static final int AF_UNIX = 1;
  private static final int SOCK_DGRAM = 2;
  private static final int SOCK_CLOEXEC = 0x80000;
  private static final int O_RDWR = 2;
  private static final int O_CLOEXEC = 0x80000;
  private static final int LOCK_EX = 2;
  private static final int LOCK_NB = 4;
  private static final int EWOULDBLOCK = 11;
  private static final int SIGSTOP = 19;
  private static final int MAX_PATH_BYTES = 108;

  private static final StructLayout CAPTURED = Linker.Option.captureStateLayout();
  private static final long ERRNO_OFFSET =
      CAPTURED.byteOffset(MemoryLayout.PathElement.groupElement("errno"));

  private Posix() {}

  /** Makes this process the leader of a new session without a terminal. */
  public static void setsid() throws IOException {
    call("setsid");
  }

  /** Stops this process until it receives SIGCONT. */
  public static void stop() throws IOException {
    call("raise", SIGSTOP);
  }

  /** Binds the calling thread to the processors with set bits. */
  static void setAffinity(long[] mask) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment bits = arena.allocateFrom(ValueLayout.JAVA_LONG, mask);
      call("sched_setaffinity", 0, bits.byteSize(), bits.address());
    }
  }

  /** Redirects standard input, output and error to {@code /dev/null}. */
  public static void standardStreamsToNull() throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      int fd = call("open", arena.allocateFrom("/dev/null").address(), O_RDWR);
      for (int standard = 0; standard <= 2; standard++) {
        call("dup2", fd, standard);
      }
      close(fd);
    }
  }

  /**
   * Sends one datagram to a Unix domain socket.
   *
   * @param path the address; a leading {@code @} selects the abstract namespace
   */
  public static void sendDatagram(String path, String text) throws IOException {
    int fd = datagramSocket();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment address = unixAddress(arena, path);
      byte[] bytes = text.getBytes(UTF_8);
      MemorySegment message = arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes);
      call("sendto", fd, message.address(), bytes.length, 0, address.address(), address.byteSize());
    } finally {
      close(fd);
    }
  }

  /** Opens a Unix domain socket for datagrams. */
  static int datagramSocket() throws IOException {
    return call("socket", AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  }

  /**
   * Returns a {@code sockaddr_un} of exactly the address' length.
   *
   * @param path a leading {@code @} selects the abstract namespace
   * @throws IOException if it is empty or too long
   */
  static MemorySegment unixAddress(Arena arena, String path) throws IOException {
    byte[] name = path.getBytes(UTF_8);
    if (name.length == 0 || name.length >= MAX_PATH_BYTES) {
      throw new IOException("invalid socket path: " + path);
    }
    boolean isAbstract = name[0] == '@';
    if (isAbstract) {
      name[0] = 0;
    }
    MemorySegment address = arena.allocate(2 + name.length + (isAbstract ? 0 : 1), 8);
    address.set(ValueLayout.JAVA_SHORT, 0, (short) AF_UNIX);
    MemorySegment.copy(name, 0, address, ValueLayout.JAVA_BYTE, 2, name.length);
    return address;
  }

  /** Opens an existing file; processes that this one starts don't inherit the descriptor. */
  static int open(String path) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      return call("open", arena.allocateFrom(path).address(), O_RDWR | O_CLOEXEC);
    }
  }

  /** Locks an open file by flock(2) without waiting; returns false if another holder has a lock. */
  static boolean tryLock(int fd) throws IOException {
    try {
      call("flock", fd, LOCK_EX | LOCK_NB);
      return true;
    } catch (Failure e) {
      if (e.errno == EWOULDBLOCK) {
        return false;
      }
      throw e;
    }
  }

  /** The failure of a system call. */
  private static final class Failure extends IOException {
    private static final long serialVersionUID = 1L;

    private final int errno;

    Failure(String function, int errno) {
      super(function + ": error " + errno);
      this.errno = errno;
    }
  }

  static void close(int fd) throws IOException {
    call("close", fd);
  }

  /** Calls a function of the C library that returns an int, or -1 when it fails. */
  @SuppressWarnings("restricted") // the launchers enable native access
  private static int call(String function, long... arguments) throws IOException {
    Linker linker = Linker.nativeLinker();
    MemorySegment address =
        linker
            .defaultLookup()
            .find(function)
            .orElseThrow(() -> new IOException("this system has no " + function));
    MethodHandle handle =
        linker.downcallHandle(
            address, LibraryFunction.SIX_LONGS, Linker.Option.captureCallState("errno"));
    long[] six = Arrays.copyOf(arguments, 6);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment captured = arena.allocate(CAPTURED);
      int value =
          (int) (long) handle.invokeExact(captured, six[0], six[1], six[2], six[3], six[4], six[5]);
      if (value == -1) {
        throw new Failure(function, captured.get(ValueLayout.JAVA_INT, ERRNO_OFFSET));
      }
      return value;
    } catch (IOException | RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IOException(function, e);
    }
  }
}
