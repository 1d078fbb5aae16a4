package io.redoubt.protocol.process.os;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * System calls for which Java has no method. Linking one costs tens of milliseconds, so they are
 * linked on use: when going to the background, when notifying systemd, and for some directives.
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
  private static final long SIG_DFL = 0;
  private static final int MAX_PATH_BYTES = 108;

  /** The type of sendto(2). */
  static final FunctionDescriptor SENDTO =
      FunctionDescriptor.of(
          ValueLayout.JAVA_LONG,
          ValueLayout.JAVA_INT,
          ValueLayout.ADDRESS,
          ValueLayout.JAVA_LONG,
          ValueLayout.JAVA_INT,
          ValueLayout.ADDRESS,
          ValueLayout.JAVA_INT);

  private static final StructLayout CAPTURED = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      CAPTURED.varHandle(MemoryLayout.PathElement.groupElement("errno"));

  private Posix() {}

  /** Makes this process the leader of a new session without a terminal. */
  public static void setsid() throws IOException {
    call("setsid", FunctionDescriptor.of(ValueLayout.JAVA_INT));
  }

  /** Stops this process until it receives SIGCONT. */
  public static void stop() throws IOException {
    call("raise", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT), SIGSTOP);
  }

  /** Makes a signal have its default effect. */
  public static void resetSignal(int number) throws IOException {
    FunctionDescriptor signal =
        FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG);
    call("signal", signal, number, SIG_DFL);
  }

  /** Binds the calling thread to the processors with set bits. */
  static void setAffinity(long[] mask) throws IOException {
    FunctionDescriptor affinity =
        FunctionDescriptor.of(
            ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.ADDRESS);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment bits = arena.allocateFrom(ValueLayout.JAVA_LONG, mask);
      call("sched_setaffinity", affinity, 0, bits.byteSize(), bits);
    }
  }

  /** Redirects standard input, output and error to {@code /dev/null}. */
  public static void standardStreamsToNull() throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      int fd =
          (int)
              call(
                  "open",
                  FunctionDescriptor.of(
                      ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT),
                  arena.allocateFrom("/dev/null"),
                  O_RDWR);
      FunctionDescriptor dup2 =
          FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT);
      for (int standard = 0; standard <= 2; standard++) {
        call("dup2", dup2, fd, standard);
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
      call(
          "sendto", SENDTO, fd, message, (long) bytes.length, 0, address, (int) address.byteSize());
    } finally {
      close(fd);
    }
  }

  /** Opens a Unix domain socket for datagrams. */
  static int datagramSocket() throws IOException {
    return (int)
        call(
            "socket",
            FunctionDescriptor.of(
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT),
            AF_UNIX,
            SOCK_DGRAM | SOCK_CLOEXEC,
            0);
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
      return (int)
          call(
              "open",
              FunctionDescriptor.of(
                  ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT),
              arena.allocateFrom(path),
              O_RDWR | O_CLOEXEC);
    }
  }

  /** Locks an open file by flock(2) without waiting; returns false if another holder has a lock. */
  static boolean tryLock(int fd) throws IOException {
    try {
      call(
          "flock",
          FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT),
          fd,
          LOCK_EX | LOCK_NB);
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
    call("close", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT), fd);
  }

  /** The result of a function, and errno after it. */
  private record Result(long value, int errno) {}

  /** Calls a function of the C library that returns -1 when it fails. */
  private static long call(String function, FunctionDescriptor type, Object... arguments)
      throws IOException {
    Result result = invoke(function, type, arguments);
    if (result.value() == -1) {
      throw new Failure(function, result.errno());
    }
    return result.value();
  }

  @SuppressWarnings("restricted") // the launchers enable native access
  private static Result invoke(String function, FunctionDescriptor type, Object... arguments)
      throws IOException {
    Linker linker = Linker.nativeLinker();
    MemorySegment address =
        linker
            .defaultLookup()
            .find(function)
            .orElseThrow(() -> new IOException("this system has no " + function));
    MethodHandle handle =
        linker.downcallHandle(address, type, Linker.Option.captureCallState("errno"));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment captured = arena.allocate(CAPTURED);
      Object[] all = new Object[arguments.length + 1];
      all[0] = captured;
      System.arraycopy(arguments, 0, all, 1, arguments.length);
      Number value = (Number) handle.invokeWithArguments(all);
      return new Result(value.longValue(), (int) ERRNO.get(captured, 0L));
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IOException(function, e);
    }
  }
}
