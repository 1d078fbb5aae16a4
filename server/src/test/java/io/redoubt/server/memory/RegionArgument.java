package io.redoubt.server.memory;

import java.nio.charset.StandardCharsets;

/** Bytes in the region, like the arguments of a request. */
public final class RegionArgument implements AutoCloseable {
  private final Slabs slabs;
  private final long address;
  private final int length;
  private final int blockBytes;

  private RegionArgument(Slabs slabs, byte[] bytes) {
    this.slabs = slabs;
    blockBytes = Math.max(1, bytes.length);
    address = slabs.allocateFar(blockBytes);
    length = bytes.length;
    Region.put(address, bytes);
  }

  public static RegionArgument of(Slabs slabs, byte[] bytes) {
    return new RegionArgument(slabs, bytes);
  }

  public static RegionArgument of(Slabs slabs, String text) {
    return new RegionArgument(slabs, text.getBytes(StandardCharsets.ISO_8859_1));
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
