package io.redoubt.protocol.process.os;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Datagrams to one Unix domain socket, sent without waiting. The function is linked once, since a
 * log sends many. Not thread-safe.
 */
final class UnixDatagrams {
  private static final int MSG_DONTWAIT = 0x40;
  private static final int MSG_NOSIGNAL = 0x4000;

  private final MemorySegment address;
  private final LibraryFunction sendto;
  private int fd = -1;

  UnixDatagrams(String path) throws IOException {
    address = Posix.unixAddress(Arena.ofAuto(), path);
    sendto =
        LibraryFunction.find("sendto")
            .orElseThrow(() -> new IOException("this system has no sendto"));
  }

  /**
   * Sends a datagram.
   *
   * @throws IOException if there is no receiver at the address, or its buffer is full
   */
  void send(byte[] bytes) throws IOException {
    if (fd < 0) {
      fd = Posix.datagramSocket();
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment message = arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes);
      long sent =
          sendto.call(
              fd,
              message.address(),
              bytes.length,
              MSG_DONTWAIT | MSG_NOSIGNAL,
              address.address(),
              address.byteSize());
      if (sent < 0) {
        throw new IOException("the datagram was not sent");
      }
    }
  }
}
