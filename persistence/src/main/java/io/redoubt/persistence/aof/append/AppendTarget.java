package io.redoubt.persistence.aof.append;

import io.redoubt.persistence.aof.CommitJournal;
import io.redoubt.persistence.io.DiskFile;
import io.redoubt.protocol.process.SystemErrors;
import java.io.Closeable;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The file that receives appends, and its length. Written by one thread at a time; another thread
 * may sync it concurrently.
 */
public final class AppendTarget implements Closeable {
  private final DiskFile file;

  /** The start of this file in all bytes ever appended. */
  private final long streamStart;

  /** The file's number in the manifest. */
  private final long sequence;

  private @Nullable CommitJournal journal;

  /** The length of the file up to its last complete write. */
  private final AtomicLong goodBytes = new AtomicLong();

  public AppendTarget(
      DiskFile file, long sequence, long streamStart, @Nullable CommitJournal journal)
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
   * Writes a buffer and empties it. After an exception the buffer holds exactly the bytes that are
   * not in the file, so the write may be retried.
   *
   * @throws TornFile if that can't be ensured
   */
  public void write(AppendBuffer bytes) throws IOException {
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

  /** Keeps bytes that can't be truncated and removes them from the buffer. */
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

  /** Sets the journal for later commits. */
  public void setJournal(@Nullable CommitJournal next) {
    journal = next;
  }

  /** Makes the written bytes durable, in the file or in the journal. */
  public void commit() throws IOException {
    if (journal == null || !journal.commit()) {
      sync();
    }
  }

  /** Makes the written bytes durable in the file itself. */
  public void sync() throws IOException {
    file.sync();
    if (journal != null) {
      journal.restart();
    }
  }

  /** Keeps the journal's content, because the durable content of the file is unknown. */
  public void keepJournal() {
    if (journal != null) {
      journal.keep();
    }
  }

  /** Releases the journal's content about previous files. */
  void releaseJournal() {
    if (journal != null) {
      journal.release();
    }
  }

  @Override
  public void close() throws IOException {
    file.close();
  }

  /** Signals that the content of the file is unknown. */
  static final class TornFile extends IOException {
    private static final long serialVersionUID = 1L;

    TornFile(IOException cause) {
      super(SystemErrors.text(cause), cause);
    }
  }
}
