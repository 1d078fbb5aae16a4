package io.redoubt.persistence.io;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.random.RandomGenerator;

/**
 * An in-memory disk that can lose power, fill up and fail.
 *
 * <p>After a power cut ({@link #cutPowerAt}, {@link #restart}) a file keeps its synced content. A
 * random prefix of later appends survives, possibly followed by zeros, and a random subset of
 * overwritten sectors. A random prefix of the changes of names (creations, renames, deletions)
 * since the last sync of a directory survives, in their order.
 *
 * <p>Thread-safe.
 */
public final class FaultDisk implements Disk {

  /** The failure of every operation after a power cut, until {@link FaultDisk#restart()}. */
  public static final class PowerCut extends IOException {
    private static final long serialVersionUID = 1L;

    PowerCut() {
      super("power cut");
    }
  }

  private static final int SECTOR_BYTES = 512;

  /** A change of a directory that a power cut may undo. */
  private record NameChange(Path directory, Runnable apply) {}

  /** The content of a file, independent of its names. */
  private static final class Inode {
    /** The content and, behind it, zeros for growth. */
    byte[] content = {};

    int length;

    /** The content when last synced, in at least {@link #durableLength} bytes. */
    byte[] durable = {};

    int durableLength;

    /** The length of the prefix unchanged since the last sync. */
    int intact;

    /** The end of the bytes written since the last sync. */
    int changedEnd;

    /** True if the file was truncated since the last sync. */
    boolean cut;

    void write(int at, MemorySegment memory, long offset, int bytes) {
      intact = Math.min(intact, Math.min(at, length));
      length = Math.max(length, at + bytes);
      changedEnd = Math.max(changedEnd, at + bytes);
      if (length > content.length) {
        content = Arrays.copyOf(content, Math.max(length, 2 * content.length));
      }
      MemorySegment.copy(memory, ValueLayout.JAVA_BYTE, offset, content, at, bytes);
    }

    void cut(int to) {
      Arrays.fill(content, to, length, (byte) 0);
      length = to;
      cut |= to < durableLength;
      intact = Math.min(intact, to);
    }

    void sync() {
      if (durable.length < length) {
        durable = Arrays.copyOf(durable, content.length);
      }
      int end = Math.min(changedEnd, length);
      if (intact < end) {
        System.arraycopy(content, intact, durable, intact, end - intact);
      }
      durableLength = length;
      intact = length;
      changedEnd = 0;
      cut = false;
    }

    /** Makes these bytes the whole content, durably. */
    void become(byte[] bytes) {
      content = bytes;
      length = bytes.length;
      intact = 0;
      changedEnd = length;
      sync();
    }
  }

  private final RandomGenerator random;
  private final TreeMap<Path, Inode> names = new TreeMap<>();
  private final TreeMap<Path, Inode> durableNames = new TreeMap<>();
  private final TreeSet<Path> directories = new TreeSet<>();
  private final TreeSet<Path> durableDirectories = new TreeSet<>();
  private final List<NameChange> changes = new ArrayList<>();

  private long steps;
  private long cutAt = Long.MAX_VALUE;
  private UUID bootId = new UUID(0, 0);
  private boolean off;
  private boolean zeros;
  private long roomBytes = Long.MAX_VALUE;
  private long failAt = Long.MAX_VALUE;
  private boolean syncFails;

  /** Creates an empty disk with these directories; {@code random} decides the faults. */
  public FaultDisk(RandomGenerator random, Path... existing) {
    this.random = random;
    directories.addAll(List.of(existing));
    durableDirectories.addAll(List.of(existing));
  }

  /** Cuts the power at the operation with the given number, as counted by {@link #steps()}. */
  public synchronized void cutPowerAt(long step) {
    cutAt = step;
  }

  /** Makes the operation with the given number fail; the disk continues after it. */
  public synchronized void setFailAt(long step) {
    failAt = step;
  }

  /**
   * Returns the number of mutating operations so far: creations, writes, truncations, renames,
   * deletions, syncs.
   */
  public synchronized long steps() {
    return steps;
  }

  /** Sets the number of bytes that still fit on the disk. */
  public synchronized void setRoomBytes(long bytes) {
    roomBytes = bytes;
  }

  /** Makes every sync fail, or succeed again. */
  public synchronized void setSyncFails(boolean fails) {
    syncFails = fails;
  }

  /** Allows a power cut to leave zeros in place of appended bytes. */
  public synchronized void leavesZeros(boolean leaves) {
    zeros = leaves;
  }

  /**
   * Simulates the end of the process that uses the disk: every operation fails until {@link
   * #resume} or {@link #restart}.
   */
  public synchronized void stop() {
    off = true;
  }

  /** Hands the disk to another process, which sees all writes, synced or not. */
  public synchronized void resume() {
    off = false;
    cutAt = Long.MAX_VALUE;
  }

  /** Returns true while the power is off. */
  public synchronized boolean isOff() {
    return off;
  }

  /** Restores the power, cutting it first if it was on. The surviving content is readable again. */
  public synchronized void restart() {
    bootId = new UUID(0, bootId.getLeastSignificantBits() + 1);
    surviveNames();
    names.clear();
    directories.clear();
    directories.addAll(durableDirectories);
    durableNames.keySet().removeIf(path -> !directories.contains(path.getParent()));
    names.putAll(durableNames);
    for (Inode inode : new ArrayList<>(names.values())) {
      inode.become(survived(inode));
    }
    off = false;
    cutAt = Long.MAX_VALUE;
    failAt = Long.MAX_VALUE;
  }

  /** Makes a random prefix of each directory's changes durable. */
  private void surviveNames() {
    Map<Path, Boolean> cut = new TreeMap<>();
    for (NameChange change : changes) {
      boolean lost = cut.merge(change.directory, random.nextInt(3) == 0, Boolean::logicalOr);
      if (!lost) {
        change.apply.run();
      }
    }
    changes.clear();
  }

  private byte[] survived(Inode inode) {
    if (inode.cut) {
      int more = random.nextInt(inode.length - inode.intact + 1);
      return random.nextBoolean()
          ? Arrays.copyOf(inode.durable, inode.durableLength)
          : Arrays.copyOf(inode.content, inode.intact + more);
    }
    int appended = inode.length - inode.durableLength;
    int kept = random.nextInt(3) == 0 ? appended : random.nextInt(appended + 1);
    byte[] content = Arrays.copyOf(inode.content, inode.durableLength + kept);
    undoSectors(inode, content);
    return zeros && random.nextBoolean()
        ? Arrays.copyOf(content, content.length + random.nextInt(appended - kept + 1))
        : content;
  }

  /** Reverts a random subset of the overwritten sectors. */
  private void undoSectors(Inode inode, byte[] content) {
    int first = inode.intact - inode.intact % SECTOR_BYTES;
    for (int at = first; at < inode.durableLength; at += SECTOR_BYTES) {
      if (random.nextBoolean()) {
        int length = Math.min(SECTOR_BYTES, inode.durableLength - at);
        System.arraycopy(inode.durable, at, content, at, length);
      }
    }
  }

  private void step(String what) throws IOException {
    if (off) {
      throw new PowerCut();
    }
    long number = steps++;
    if (number == cutAt) {
      off = true;
    }
    if (number == failAt) {
      throw new IOException("Input/output error (" + what + ")");
    }
  }

  /**
   * Fails an operation during which the power was cut; the operation may or may not have taken
   * effect.
   */
  private void failIfOff() throws PowerCut {
    if (off) {
      throw new PowerCut();
    }
  }

  private void checkDirectory(Path path) throws IOException {
    if (!directories.contains(path.getParent())) {
      throw new NoSuchFileException(path.toString());
    }
  }

  private void link(Path path, Inode inode) {
    names.put(path, inode);
    changes.add(new NameChange(path.getParent(), () -> durableNames.put(path, inode)));
  }

  @Override
  public synchronized DiskFile create(Path path) throws IOException {
    step("create");
    checkDirectory(path);
    Inode inode = names.get(path);
    if (inode == null) {
      inode = new Inode();
      link(path, inode);
    } else {
      inode.cut(0);
    }
    failIfOff();
    return new FaultFile(inode, 0, false);
  }

  @Override
  public synchronized DiskFile append(Path path) throws IOException {
    step("append");
    checkDirectory(path);
    Inode inode = names.get(path);
    if (inode == null) {
      inode = new Inode();
      link(path, inode);
    }
    failIfOff();
    return new FaultFile(inode, inode.length, true);
  }

  @Override
  public synchronized DiskFile read(Path path) throws IOException {
    return new FaultFile(inode(path), 0, false);
  }

  private Inode inode(Path path) throws IOException {
    if (off) {
      throw new PowerCut();
    }
    return existing(path);
  }

  @Override
  public synchronized void rename(Path from, Path to) throws IOException {
    step("rename");
    Inode inode = existing(from);
    checkDirectory(to);
    names.remove(from);
    names.put(to, inode);
    changes.add(
        new NameChange(
            to.getParent(),
            () -> {
              durableNames.remove(from);
              durableNames.put(to, inode);
            }));
    failIfOff();
  }

  private Inode existing(Path path) throws IOException {
    Inode inode = names.get(path);
    if (inode == null) {
      throw new NoSuchFileException(path.toString());
    }
    return inode;
  }

  @Override
  public synchronized boolean delete(Path path) throws IOException {
    step("delete");
    boolean was = names.remove(path) != null;
    if (was) {
      changes.add(new NameChange(path.getParent(), () -> durableNames.remove(path)));
    }
    failIfOff();
    return was;
  }

  @Override
  public synchronized boolean createDirectory(Path path) throws IOException {
    if (isDirectory(path)) {
      return false;
    }
    step("mkdir");
    checkDirectory(path);
    directories.add(path);
    changes.add(new NameChange(path.getParent(), () -> durableDirectories.add(path)));
    failIfOff();
    return true;
  }

  @Override
  public synchronized boolean isDirectory(Path path) {
    return directories.contains(path);
  }

  @Override
  public synchronized boolean exists(Path path) {
    return names.containsKey(path);
  }

  /** Returns the files in a directory. */
  public synchronized List<Path> list(Path directory) {
    return names.keySet().stream().filter(path -> directory.equals(path.getParent())).toList();
  }

  @Override
  public synchronized long size(Path path) throws IOException {
    return inode(path).length;
  }

  /** Returns all bytes of a file, as a running process would read them. */
  public synchronized byte[] bytes(Path path) throws IOException {
    Inode inode = inode(path);
    return Arrays.copyOf(inode.content, inode.length);
  }

  @Override
  public synchronized void syncDirectory(Path directory) throws IOException {
    step("sync of directory");
    if (syncFails) {
      throw new IOException("Input/output error");
    }
    failIfOff();
    List<NameChange> left = new ArrayList<>();
    for (NameChange change : changes) {
      if (change.directory.equals(directory)) {
        change.apply.run();
      } else {
        left.add(change);
      }
    }
    changes.clear();
    changes.addAll(left);
  }

  @Override
  public synchronized Optional<UUID> bootId() {
    return Optional.of(bootId);
  }

  private final class FaultFile implements DiskFile {
    private final Inode inode;
    private final boolean appends;
    private long position;

    FaultFile(Inode inode, long position, boolean appends) {
      this.inode = inode;
      this.position = position;
      this.appends = appends;
    }

    @Override
    public int read(MemorySegment memory, long offset, int length) {
      synchronized (FaultDisk.this) {
        int count = (int) Math.min(length, inode.length - position);
        if (count <= 0) {
          return -1;
        }
        MemorySegment.copy(
            inode.content, (int) position, memory, ValueLayout.JAVA_BYTE, offset, count);
        position += count;
        return count;
      }
    }

    @Override
    public void write(MemorySegment memory, long offset, long length) throws IOException {
      synchronized (FaultDisk.this) {
        step("write");
        int at = appends ? inode.length : (int) position;
        int inside = (int) Math.min(length, inode.length - at);
        int fits = inside + (int) Math.min(length - inside, roomBytes);
        inode.write(at, memory, offset, fits);
        roomBytes -= fits - inside;
        position = at + fits;
        failIfOff();
        if (fits < length) {
          throw new IOException("No space left on device");
        }
      }
    }

    @Override
    public void sync() throws IOException {
      synchronized (FaultDisk.this) {
        step("sync");
        if (syncFails) {
          throw new IOException("Input/output error");
        }
        failIfOff();
        inode.sync();
      }
    }

    @Override
    public void seek(long bytes) {
      synchronized (FaultDisk.this) {
        position = bytes;
      }
    }

    @Override
    public long size() {
      synchronized (FaultDisk.this) {
        return inode.length;
      }
    }

    @Override
    public void truncate(long sizeBytes) throws IOException {
      synchronized (FaultDisk.this) {
        step("truncate");
        if (sizeBytes < inode.length) {
          inode.cut((int) sizeBytes);
          position = Math.min(position, sizeBytes);
        }
        failIfOff();
      }
    }

    @Override
    public void close() {}
  }
}
