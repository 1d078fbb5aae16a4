package io.redoubt.server.memory;

import java.nio.charset.StandardCharsets;

/** Bytes of a test in the region, as the arguments of a request are. */
public final class Argument implements AutoCloseable {
  private final Slabs slabs;
  private final long address;
  private final int length;
  private final int blockBytes;

  private Argument(Slabs slabs, byte[] bytes) {
    this.slabs = slabs;
    blockBytes = Math.max(1, bytes.length);
    address = slabs.allocateFar(blockBytes);
    length = bytes.length;
    Region.put(address, bytes);
  }

  public static Argument of(Slabs slabs, byte[] bytes) {
    return new Argument(slabs, bytes);
  }

  public static Argument of(Slabs slabs, String text) {
    return new Argument(slabs, text.getBytes(StandardCharsets.ISO_8859_1));
  }

  public long address() {
    return address;
  }

  public int length() {
    return length;
  }

  @Override
  public void close() {
    slabs.free(address, blockBytes);
  }
}
