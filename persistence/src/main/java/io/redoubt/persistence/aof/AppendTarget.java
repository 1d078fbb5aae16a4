package io.redoubt.persistence.aof;

import io.redoubt.persistence.io.DiskFile;
import io.redoubt.protocol.process.SystemErrors;
import java.io.Closeable;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A file that is appended to, and how far that went. Written by one thread at a time; the sync may
 * run on another beside it.
 */
final class AppendTarget implements Closeable {
  private final DiskFile file;

  /** The offset in the stream of everything ever appended at which this file begins to be used. */
  private final long streamStart;

  /** The number of the file. */
  private final long sequence;

  private @Nullable CommitJournal journal;

  /** The length up to which the file holds whole pieces. */
  private final AtomicLong goodBytes = new AtomicLong();

  AppendTarget(DiskFile file, long sequence, long streamStart, @Nullable CommitJournal journal)
      throws IOException {
    this.file = file;
    this.sequence = sequence;
    this.streamStart = streamStart;
    this.journal = journal;
    goodBytes.set(file.size());
  }

  long streamStart() {
    return streamStart;
  }

  long sizeBytes() {
    return goodBytes.get();
  }

  /**
   * Writes a buffer and empties it. After an exception the buffer holds what is not in the file,
   * which ends where the bytes given up end: writing may be tried again.
   *
   * @throws TornFile when that can't be brought about
   */
  void write(AppendBuffer bytes) throws IOException {
    long length = bytes.length();
    try {
      file.write(bytes.memory(), bytes.start(), length);
    } catch (IOException e) {
      cutOff(bytes, e);
      throw e;
    }
    if (journal != null) {
      journal.add(sequence, goodBytes.get(), bytes.memory(), bytes.start(), length);
    }
    goodBytes.addAndGet(length);
    bytes.clear();
  }

  private void cutOff(AppendBuffer bytes, IOException failure) throws TornFile {
    try {
      if (file.size() > goodBytes.get()) {
        file.truncate(goodBytes.get());
      }
    } catch (IOException stays) {
      failure.addSuppressed(stays);
      keepPart(bytes, failure);
    }
  }

  /** What can't be cut off stays and is not written again. */
  private void keepPart(AppendBuffer bytes, IOException failure) throws TornFile {
    try {
      long written = file.size() - goodBytes.get();
      if (written < 0 || written > bytes.length()) {
        throw new TornFile(failure);
      }
      bytes.drop(written);
      goodBytes.addAndGet(written);
    } catch (IOException e) {
      throw new TornFile(e);
    }
  }

  /** Sets where else commits may go to; what has been written stays with the one before. */
  void journal(@Nullable CommitJournal next) {
    journal = next;
  }

  /** Makes what was written durable, here or in the journal. */
  void commit() throws IOException {
    if (journal == null || !journal.commit()) {
      sync();
    }
  }

  /** Makes what was written durable in the file itself. */
  void sync() throws IOException {
    file.sync();
    if (journal != null) {
      journal.restart();
    }
  }

  /** Nobody knows what the disk has of the file: what the journal has is to stay. */
  void distrusted() {
    if (journal != null) {
      journal.keep();
    }
  }

  /** What the journal has of files before this one is needed no more. */
  void trusted() {
    if (journal != null) {
      journal.giveBack();
    }
  }

  @Override
  public void close() throws IOException {
    file.close();
  }

  /** Nobody can tell what the file holds. */
  static final class TornFile extends IOException {
    private static final long serialVersionUID = 1L;

    TornFile(IOException cause) {
      super(SystemErrors.text(cause), cause);
    }
  }
}
