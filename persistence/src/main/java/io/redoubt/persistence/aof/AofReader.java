package io.redoubt.persistence.aof;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.redoubt.persistence.io.DiskFile;
import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.persistence.rdb.RdbReader;
import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.resp.Limits;
import io.redoubt.protocol.resp.ProtocolException;
import io.redoubt.protocol.resp.Request;
import io.redoubt.protocol.resp.RequestDecoder;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Reads one append-only file step by step and tells a visitor: an RDB when the file begins with
 * one, then commands and annotations. The commands are handed out where they lie in the buffer that
 * the file is read into.
 *
 * <pre>
 * file       = [RDB] {command | annotation}
 * command    = "*" count CR LF {"$" length CR LF bytes CR LF}      (count at least 1)
 * annotation = "#" anything LF, and among them "#TS:" seconds CR LF
 * </pre>
 *
 * <p>A file that ends within a command, or between a {@code MULTI} and its {@code EXEC}, is
 * {@linkplain #isTruncated() truncated}: a server died while it wrote, and the file up to {@link
 * #validBytes()} is in order; zeros may stand for what was not written. Anything else that is no
 * command is corruption and an exception.
 *
 * <p>After an exception the reader is of no more use. Not thread-safe.
 */
public final class AofReader implements AutoCloseable {

  private static final int READ_BYTES = 1 << 16;
  private static final int FIRST_BLOCK_BYTES = 1 << 17;
  private static final int MAGIC_BYTES = 5;
  private static final String TIMESTAMP = "#TS:";

  /** What is longer is told only up to here. */
  private static final int LONGEST_ANNOTATION = 256;

  private enum State {
    START,
    PREAMBLE,
    COMMANDS,
    COMPLETE
  }

  private final BufferMemory buffers;
  private final DiskFile file;
  private final String fileName;
  private final long fileBytes;
  private final AofVisitor visitor;
  private final RequestDecoder decoder;
  private final Request request = new Request();

  private BufferMemory.@Nullable Block block;
  private MemorySegment memory;
  private long position; // told up to here
  private long limit; // read from the file up to here
  private long base; // what to add to a place in memory to get an offset in the file

  private State state = State.START;
  private @Nullable RdbReader preamble;
  private boolean insideTransaction;
  private boolean truncated;
  private long validBytes;

  /**
   * A reader at the start of a file.
   *
   * @param buffers where the commands lie that the visitor is given
   * @param file open for reading at its start; it is not closed by the reader
   * @param fileName for messages
   */
  public AofReader(BufferMemory buffers, DiskFile file, String fileName, AofVisitor visitor)
      throws IOException {
    this.buffers = buffers;
    this.file = file;
    this.fileName = fileName;
    this.fileBytes = file.size();
    this.visitor = visitor;
    this.decoder = new RequestDecoder(new Limits(), buffers);
    decoder.fromMaster(true); // whatever size was accepted then is accepted now
    BufferMemory.Block first = buffers.allocate(FIRST_BLOCK_BYTES);
    this.block = first;
    this.memory = first.memory();
    this.position = first.offset();
    this.limit = position;
    this.base = -position;
  }

  /**
   * Reads on: at most 64 KiB of the file, and all commands that are whole by that.
   *
   * @return false when the file has been read to its end
   * @throws AofException when the file is corrupt, or the visitor refused a command
   * @throws RdbException when the RDB at its start is corrupt or too short
   */
  public boolean step() throws IOException, AofException, RdbException {
    switch (state) {
      case START -> start();
      case PREAMBLE -> readPreamble();
      case COMMANDS -> readCommands();
      case COMPLETE -> {}
    }
    return state != State.COMPLETE;
  }

  /** After the last step: whether the file ends where no end is due. */
  public boolean isTruncated() {
    return truncated;
  }

  /** After the last step of a truncated file: whether it ends between MULTI and EXEC. */
  public boolean isInsideTransaction() {
    return insideTransaction;
  }

  /**
   * The length of the file's beginning that is in order: up to the end of the last command or
   * transaction.
   */
  public long validBytes() {
    return validBytes;
  }

  /** How many bytes of the file have been read and told. */
  public long offset() {
    return preamble == null ? base + position : preamble.offset();
  }

  /** The length of the file when it was opened, in bytes. */
  public long fileBytes() {
    return fileBytes;
  }

  @Override
  public void close() {
    if (block != null) {
      buffers.free(block);
      block = null;
    }
  }

  private void start() throws IOException, RdbException {
    while (limit - position < MAGIC_BYTES && fill()) {
      continue;
    }
    if (isRdb()) {
      RdbReader reader = visitor.beginPreamble().totalBytes(fileBytes);
      preamble = reader;
      state = State.PREAMBLE;
      reader.feed(memory, position, limit - position);
      position = limit;
      endPreambleWhenComplete(reader);
    } else {
      state = State.COMMANDS;
    }
  }

  private boolean isRdb() {
    if (limit - position < MAGIC_BYTES) {
      return false;
    }
    byte[] magic = memory.asSlice(position, MAGIC_BYTES).toArray(JAVA_BYTE);
    String text = new String(magic, ISO_8859_1);
    return text.equals("REDIS") || text.equals("VALKE");
  }

  private void readPreamble() throws IOException, RdbException {
    RdbReader reader = preamble;
    if (reader == null) {
      throw new IllegalStateException("no preamble");
    }
    int room = Math.min(reader.room(), READ_BYTES);
    int read = file.read(reader.memory(), reader.limit(), room);
    if (read < 0) {
      reader.finish();
    } else {
      reader.filled(read);
    }
    endPreambleWhenComplete(reader);
  }

  private void endPreambleWhenComplete(RdbReader reader) throws RdbException {
    if (!reader.complete()) {
      return;
    }
    // What was read beyond the RDB goes back into this reader's own buffer.
    int rest = (int) reader.unread();
    room(rest);
    MemorySegment.copy(reader.memory(), reader.limit() - rest, memory, limit, rest);
    base = reader.offset() - position;
    limit += rest;
    validBytes = reader.offset();
    preamble = null;
    state = State.COMMANDS;
    visitor.endPreamble();
  }

  private void readCommands() throws IOException, AofException {
    boolean more = !isBeyondTheEnd() && fill();
    while (position < limit && tell()) {
      continue;
    }
    if (!more && state == State.COMMANDS) {
      end();
    }
  }

  /** Whether the command under way can't be whole: it is longer than the rest of the file. */
  private boolean isBeyondTheEnd() {
    return decoder.isInsideRequest() && decoder.missingBytes() > fileBytes - (base + limit);
  }

  /** Tells what begins at the position; false when it has not been read whole. */
  private boolean tell() throws IOException, AofException {
    return switch (memory.get(JAVA_BYTE, position)) {
      case '*' -> tellCommand();
      case '#' -> tellAnnotation();
      default -> tellZeros();
    };
  }

  /**
   * What begins at the position is no command. When only zeros follow what could be the beginning
   * of one, it is the end of the file: a file system may leave zeros where a machine lost power
   * before what was appended came to the disk.
   */
  private boolean tellZeros() throws IOException, AofException {
    long end = limit;
    while (end > position && memory.get(JAVA_BYTE, end - 1) == 0) {
      end--;
    }
    boolean beginning = end == position || CommandSyntax.isBeginning(memory, position, end);
    if (end == limit || !beginning) {
      throw badFormat();
    }
    limit = end;
    room(READ_BYTES);
    for (int read = 0; read >= 0; read = file.read(memory, limit, READ_BYTES)) {
      for (long at = limit; at < limit + read; at++) {
        if (memory.get(JAVA_BYTE, at) != 0) {
          throw badFormat();
        }
      }
    }
    state = State.COMPLETE;
    truncated = true;
    return false;
  }

  private boolean tellCommand() throws IOException, AofException {
    long end;
    try {
      end = decoder.decode(memory, position, limit, request);
    } catch (ProtocolException e) {
      return tellZeros();
    }
    if (end == RequestDecoder.NEED_MORE) {
      return false;
    }
    if (!CommandSyntax.isStrict(memory, position, request)) {
      return tellZeros();
    }
    boolean begins = request.is(0, "multi");
    boolean ends = request.is(0, "exec");
    if ((begins && insideTransaction) || (ends && !insideTransaction)) {
      throw badFormat();
    }
    visitor.command(request, base + position);
    insideTransaction = begins || (insideTransaction && !ends);
    position = end;
    if (!insideTransaction) {
      validBytes = base + position;
    }
    return true;
  }

  private boolean tellAnnotation() throws AofException {
    long end = position;
    while (end < limit && memory.get(JAVA_BYTE, end) != '\n') {
      end++;
    }
    if (end == limit) {
      return false;
    }
    long offset = base + position;
    long seconds = timestamp(position, end);
    position = end + 1;
    if (!insideTransaction) {
      validBytes = base + position;
    }
    if (seconds >= 0) {
      visitor.timestamp(seconds, offset);
    } else {
      long length = Math.min(end - (offset - base), LONGEST_ANNOTATION);
      byte[] line = memory.asSlice(offset - base, length).toArray(JAVA_BYTE);
      visitor.annotation(new String(line, ISO_8859_1).stripTrailing());
    }
    return true;
  }

  /** The time that the line tells, or -1 when it is another annotation. */
  private long timestamp(long from, long end) {
    long at = from;
    for (int i = 0; i < TIMESTAMP.length(); i++, at++) {
      if (at == end || memory.get(JAVA_BYTE, at) != TIMESTAMP.charAt(i)) {
        return -1;
      }
    }
    long seconds = 0;
    long digits = at;
    for (; at < end && seconds < Long.MAX_VALUE / 100; at++) {
      int digit = memory.get(JAVA_BYTE, at) - '0';
      if (digit < 0 || digit > 9) {
        break;
      }
      seconds = seconds * 10 + digit;
    }
    return at == digits ? -1 : seconds;
  }

  private void end() throws IOException, AofException {
    state = State.COMPLETE;
    if (position < limit
        && memory.get(JAVA_BYTE, position) != '#'
        && !CommandSyntax.isBeginning(memory, position, limit)) {
      tellZeros();
    }
    truncated = position < limit || insideTransaction;
  }

  private AofException badFormat() {
    return AofException.badFormat(fileName, validBytes);
  }

  /** Reads more of the file; false at its end. */
  private boolean fill() throws IOException {
    long wanted = READ_BYTES;
    if (decoder.isInsideRequest()) {
      wanted = Math.max(wanted, decoder.missingBytes());
    }
    room(wanted);
    int step = (int) Math.min(endOfBlock() - limit, READ_BYTES);
    int read = file.read(memory, limit, step);
    if (read < 0) {
      return false;
    }
    limit += read;
    return true;
  }

  private long endOfBlock() {
    BufferMemory.Block current = block;
    if (current == null) {
      throw new IllegalStateException("closed");
    }
    return current.end();
  }

  /** Makes room for so many bytes behind the limit; what has been told is given up. */
  private void room(long bytes) {
    BufferMemory.Block current = block;
    if (current == null) {
      throw new IllegalStateException("closed");
    }
    if (current.end() - limit >= bytes) {
      return;
    }
    long waiting = limit - position;
    if (current.sizeBytes() < waiting + bytes) {
      BufferMemory.Block larger =
          buffers.allocate(Math.max(waiting + bytes, current.sizeBytes() * 2));
      move(larger, waiting);
      buffers.free(current);
      block = larger;
    } else {
      move(current, waiting);
    }
  }

  private void move(BufferMemory.Block target, long waiting) {
    MemorySegment.copy(memory, position, target.memory(), target.offset(), waiting);
    memory = target.memory();
    base += position - target.offset();
    position = target.offset();
    limit = position + waiting;
  }
}
