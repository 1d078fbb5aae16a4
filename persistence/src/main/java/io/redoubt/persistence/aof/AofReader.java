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
 * Reads one append only file step by step into a visitor: an RDB if the file starts with one, then
 * commands and annotations. The visitor gets commands in place, in the buffer of the file.
 *
 * <pre>
 * file       = [RDB] {command | annotation}
 * command    = "*" count CR LF {"$" length CR LF bytes CR LF}      (count at least 1)
 * annotation = "#" anything LF, and among them "#TS:" seconds CR LF
 * </pre>
 *
 * <p>A file that ends within a command, or between a {@code MULTI} and its {@code EXEC}, is
 * {@linkplain #isTruncated() truncated}: a server died during a write. Its prefix of {@link
 * #validBytes()} is valid, and zeros may follow. Any other deviation is corruption and causes an
 * exception.
 *
 * <p>Unusable after an exception. Not thread-safe.
 */
public final class AofReader implements AutoCloseable {

  private static final int READ_BYTES = 1 << 16;
  private static final int FIRST_BLOCK_BYTES = 1 << 17;
  private static final int MAGIC_BYTES = 5;
  private static final String TIMESTAMP = "#TS:";

  /** The maximum length of an annotation passed to the visitor. */
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
  private long position; // bytes before it have been parsed
  private long limit; // bytes before it have been read from the file
  private long base; // file offset = base + memory offset

  private State state = State.START;
  private @Nullable RdbReader preamble;
  private boolean insideTransaction;
  private boolean truncated;
  private long validBytes;

  /**
   * Creates a reader at the start of a file.
   *
   * @param buffers the source of buffers for the commands passed to the visitor
   * @param file open for reading at its start; the caller closes it
   * @param fileName the file's name in messages
   */
  public AofReader(BufferMemory buffers, DiskFile file, String fileName, AofVisitor visitor)
      throws IOException {
    this.buffers = buffers;
    this.file = file;
    this.fileName = fileName;
    this.fileBytes = file.size();
    this.visitor = visitor;
    this.decoder = new RequestDecoder(new Limits(), buffers);
    decoder.setFromMaster(true); // accept any size, as when the command was executed
    BufferMemory.Block first = buffers.allocate(FIRST_BLOCK_BYTES);
    this.block = first;
    this.memory = first.memory();
    this.position = first.offset();
    this.limit = position;
    this.base = -position;
  }

  /**
   * Reads at most 64 KiB of the file and parses all complete commands.
   *
   * @return false at the end of the file
   * @throws AofException if the file is corrupt or the visitor refuses a command
   * @throws RdbException if the RDB at its start is corrupt or incomplete
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

  /** Returns true, after the last step, if the file ends within a command or transaction. */
  public boolean isTruncated() {
    return truncated;
  }

  /** Returns true, after the last step of a truncated file, if it ends within a transaction. */
  public boolean isInsideTransaction() {
    return insideTransaction;
  }

  /** Returns the length of the file's valid prefix, which ends with a command or transaction. */
  public long validBytes() {
    return validBytes;
  }

  /** Returns the number of bytes parsed. */
  public long offset() {
    return preamble == null ? base + position : preamble.offset();
  }

  @Override
  public void close() {
    decoder.reset();
    request.release();
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
      reader.onFilled(read);
    }
    endPreambleWhenComplete(reader);
  }

  private void endPreambleWhenComplete(RdbReader reader) throws RdbException {
    if (!reader.complete()) {
      return;
    }
    // Bytes read past the RDB are copied back to this reader's own buffer.
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
    while (position < limit && parse()) {
      continue;
    }
    if (!more && state == State.COMMANDS) {
      end();
    }
  }

  /**
   * Returns true if the current command can't be complete because it exceeds the rest of the file.
   */
  private boolean isBeyondTheEnd() {
    return decoder.isInsideRequest() && decoder.missingBytes() > fileBytes - (base + limit);
  }

  /** Parses one item at the position; returns false if it is incomplete. */
  private boolean parse() throws IOException, AofException {
    return switch (memory.get(JAVA_BYTE, position)) {
      case '*' -> parseCommand();
      case '#' -> parseAnnotation();
      default -> parseZeros();
    };
  }

  /**
   * Handles bytes that are not a command. Zeros up to the end of the file, after at most the start
   * of a command, count as a torn end: a file system may leave zeros if the machine loses power
   * before appended bytes reach the disk.
   */
  private boolean parseZeros() throws IOException, AofException {
    long end = limit;
    while (end > position && memory.get(JAVA_BYTE, end - 1) == 0) {
      end--;
    }
    boolean beginning = end == position || CommandSyntax.isPrefix(memory, position, end);
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

  private boolean parseCommand() throws IOException, AofException {
    long end;
    try {
      end = decoder.decode(memory, position, limit, request);
    } catch (ProtocolException e) {
      return parseZeros();
    }
    if (end == RequestDecoder.NEED_MORE) {
      return false;
    }
    if (!CommandSyntax.isStrict(memory, position, request)) {
      return parseZeros();
    }
    boolean begins = request.is(0, "multi");
    boolean ends = request.is(0, "exec");
    if ((begins && insideTransaction) || (ends && !insideTransaction)) {
      throw badFormat();
    }
    visitor.command(request, base + position);
    request.release();
    insideTransaction = begins || (insideTransaction && !ends);
    position = end;
    if (!insideTransaction) {
      validBytes = base + position;
    }
    return true;
  }

  private boolean parseAnnotation() throws AofException {
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

  /** Returns the time of a timestamp line, or -1 for another annotation. */
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
        && !CommandSyntax.isPrefix(memory, position, limit)) {
      parseZeros();
    }
    truncated = position < limit || insideTransaction;
  }

  private AofException badFormat() {
    return AofException.badFormat(fileName, validBytes);
  }

  /** Reads more of the file; returns false at its end. */
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

  /** Makes room after the limit by discarding parsed bytes or growing the buffer. */
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
