package io.redoubt.persistence.rdb;

import io.redoubt.persistence.packed.Lzf;
import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.bytes.ByteString;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The payload of FUNCTION DUMP and FUNCTION RESTORE: the libraries in RDB format, one after
 * another, and the footer of a {@link DumpPayload}.
 */
public final class FunctionsPayload {

  private FunctionsPayload() {}

  /**
   * Writes the payload.
   *
   * @param out an empty output that computes a checksum
   * @param compressor compresses texts if that makes them shorter; null to compress none
   * @param texts the source texts of the libraries
   */
  public static void write(
      RdbOutput out,
      Lzf.@Nullable Compressor compressor,
      BufferMemory buffers,
      Collection<ByteString> texts) {
    try (RdbWriter writer =
        DumpPayload.writer(out, compressor, RdbFormat.FUNCTIONS_VERSION, buffers)) {
      for (ByteString text : texts) {
        writer.function(text.asSegment(), 0, text.length());
      }
      DumpPayload.writeFooter(out, writer);
    } catch (RdbException e) {
      throw new IllegalStateException(e); // a writer refuses no function
    }
  }

  /**
   * Reads a payload that {@link DumpPayload#isValid}.
   *
   * @param lzf decompresses texts; it may be shared with other readers of this thread
   * @return the texts of the libraries
   * @throws RdbException if it contains anything else
   */
  public static List<ByteString> read(
      MemorySegment memory, long offset, long length, BufferMemory buffers, Lzf.Decompressor lzf)
      throws RdbException {
    long end = length - DumpPayload.FOOTER_BYTES;
    RdbInput in = new RdbInput(memory, offset, end);
    List<ByteString> texts = new ArrayList<>();
    while (in.available() > 0) {
      int type = in.readByte();
      if (type != RdbFormat.FUNCTION) {
        throw new RdbException(in.offset(), "given type is not a function");
      }
      try (RdbString value = new RdbString(buffers, lzf)) {
        if (!value.read(in)) {
          throw new RdbException(in.offset(), "Short read");
        }
        value.checkFitsHeap(in.offset());
        RdbBytes bytes = value.plain(0);
        texts.add(ByteString.copyOf(bytes.memory(), bytes.offset(), bytes.length()));
      }
    }
    return texts;
  }
}
