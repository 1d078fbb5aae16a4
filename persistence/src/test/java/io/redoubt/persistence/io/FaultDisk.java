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
 * A disk in memory that can lose power, fill up and fail.
 *
 * <p>After a power cut ({@link #cutPowerAt}, {@link #restart}) a file has what was synchronised
 * and, of the writes after that, whatever chance leaves: all, none, a part that ends in the middle
 * of one, and zeros where bytes were to come; of what was overwritten some sectors. Names are
 * another matter: those that were created, given or removed since a directory was synchronised are
 * there up to a random one of these changes, in their order.
 *
 * <p>May be used from several threads.
 */
public final class FaultDisk implements Disk {

  /** The power is gone: nothing works until {@link FaultDisk#restart()}. */
  public static final class PowerCut extends IOException {
    private static final long serialVersionUID = 1L;

    PowerCut() {
      super("power cut");
    }
  }

  private static final int SECTOR_BYTES = 512;

  /** A change of what a directory holds that a power cut may undo. */
  private record NameChange(Path directory, Runnable change) {}

  /** A file's content, whatever its names. */
  private static final class Node {
    byte[] content = {};
    byte[] durable = {};

    /** Up to where nothing has been changed since it was synchronised. */
    int intact;

    /** Whether it was cut since. */
    boolean cut;

    void sync() {
      durable = content.clone();
      intact = durable.length;
      cut = false;
    }

    void cut(int length) {
      content = Arrays.copyOf(content, length);
      cut |= length < durable.length;
      changed(length);
    }

    void changed(int from) {
      intact = Math.min(intact, from);
    }
  }

  private final RandomGenerator random;
  private final TreeMap<Path, Node> names = new TreeMap<>();
  private final TreeMap<Path, Node> durableNames = new TreeMap<>();
  private final TreeSet<Path> directories = new TreeSet<>();
  private final TreeSet<Path> durableDirectories = new TreeSet<>();
  private final List<NameChange> changes = new ArrayList<>();

  private long steps;
  private long cutAt = Long.MAX_VALUE;
  private UUID systemStart = new UUID(0, 0);
  private boolean off;
  private boolean zeros;
  private long roomBytes = Long.MAX_VALUE;
  private long failAt = Long.MAX_VALUE;
  private boolean syncFails;

  /** An empty disk with these directories, whose faults follow from chance. */
  public FaultDisk(RandomGenerator random, Path... existing) {
    this.random = random;
    directories.addAll(List.of(existing));
    durableDirectories.addAll(List.of(existing));
  }

  /** Has the power fail at the change of that number, counted as {@link #steps()} does. */
  public synchronized void cutPowerAt(long step) {
    cutAt = step;
  }

  /** Has the change of that number fail, and the disk go on after it. */
  public synchronized void failAt(long step) {
    failAt = step;
  }

  /** How many changes have been asked for: creations, writes, cuts, renames, removals, syncs. */
  public synchronized long steps() {
    return steps;
  }

  /** Has so many bytes fit in at this time. */
  public synchronized void roomBytes(long bytes) {
    roomBytes = bytes;
  }

  /** Has every sync fail, or work again. */
  public synchronized void syncFails(boolean fails) {
    syncFails = fails;
  }

  /** Whether a power cut may leave zeros where bytes were to be appended. */
  public synchronized void leavesZeros(boolean leaves) {
    zeros = leaves;
  }

  /**
   * The process that uses the disk is gone: nothing works until {@link #goOn} or {@link #restart}.
   */
  public synchronized void stop() {
    off = true;
  }

  /** Another process uses the disk: everything is there that was written, forced or not. */
  public synchronized void goOn() {
    off = false;
    cutAt = Long.MAX_VALUE;
  }

  /** Whether the power is gone. */
  public synchronized boolean isOff() {
    return off;
  }

  /** The power is gone for a moment, or was already: what has survived is there again. */
  public synchronized void restart() {
    systemStart = new UUID(0, systemStart.getLeastSignificantBits() + 1);
    surviveNames();
    names.clear();
    directories.clear();
    directories.addAll(durableDirectories);
    durableNames.keySet().removeIf(path -> !directories.contains(path.getParent()));
    names.putAll(durableNames);
    for (Node node : new ArrayList<>(names.values())) {
      node.content = survived(node);
      node.sync();
    }
    off = false;
    cutAt = Long.MAX_VALUE;
    failAt = Long.MAX_VALUE;
  }

  /** In each directory the changes up to a random one have become durable. */
  private void surviveNames() {
    Map<Path, Boolean> cut = new TreeMap<>();
    for (NameChange change : changes) {
      boolean lost = cut.merge(change.directory, random.nextInt(3) == 0, Boolean::logicalOr);
      if (!lost) {
        change.change.run();
      }
    }
    changes.clear();
  }

  private byte[] survived(Node node) {
    if (node.cut) {
      int more = random.nextInt(node.content.length - node.intact + 1);
      return random.nextBoolean() ? node.durable : Arrays.copyOf(node.content, node.intact + more);
    }
    int appended = node.content.length - node.durable.length;
    int kept = random.nextInt(3) == 0 ? appended : random.nextInt(appended + 1);
    byte[] content = Arrays.copyOf(node.content, node.durable.length + kept);
    undoSectors(node, content);
    return zeros && random.nextBoolean()
        ? Arrays.copyOf(content, content.length + random.nextInt(appended - kept + 1))
        : content;
  }

  /** Of each sector that was overwritten chance leaves what it was or what it was to be. */
  private void undoSectors(Node node, byte[] content) {
    int first = node.intact - node.intact % SECTOR_BYTES;
    for (int at = first; at < node.durable.length; at += SECTOR_BYTES) {
      if (random.nextBoolean()) {
        int length = Math.min(SECTOR_BYTES, node.durable.length - at);
        System.arraycopy(node.durable, at, content, at, length);
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

  /** After a change that the power failed at: it may or may not have had its effect. */
  private void mayBeCut() throws PowerCut {
    if (off) {
      throw new PowerCut();
    }
  }

  private void checkDirectory(Path path) throws IOException {
    if (!directories.contains(path.getParent())) {
      throw new NoSuchFileException(path.toString());
    }
  }

  private void link(Path path, Node node) {
    names.put(path, node);
    changes.add(new NameChange(path.getParent(), () -> durableNames.put(path, node)));
  }

  @Override
  public synchronized DiskFile create(Path path) throws IOException {
    step("create");
    checkDirectory(path);
    Node node = names.get(path);
    if (node == null) {
      node = new Node();
      link(path, node);
    } else {
      node.cut(0);
    }
    mayBeCut();
    return new FaultFile(node, 0, false);
  }

  @Override
  public synchronized DiskFile append(Path path) throws IOException {
    step("append");
    checkDirectory(path);
    Node node = names.get(path);
    if (node == null) {
      node = new Node();
      link(path, node);
    }
    mayBeCut();
    return new FaultFile(node, node.content.length, true);
  }

  @Override
  public synchronized DiskFile read(Path path) throws IOException {
    return new FaultFile(node(path), 0, false);
  }

  private Node node(Path path) throws IOException {
    if (off) {
      throw new PowerCut();
    }
    return there(path);
  }

  @Override
  public synchronized void rename(Path from, Path to) throws IOException {
    step("rename");
    Node node = there(from);
    checkDirectory(to);
    names.remove(from);
    names.put(to, node);
    changes.add(
        new NameChange(
            to.getParent(),
            () -> {
              durableNames.remove(from);
              durableNames.put(to, node);
            }));
    mayBeCut();
  }

  private Node there(Path path) throws IOException {
    Node node = names.get(path);
    if (node == null) {
      throw new NoSuchFileException(path.toString());
    }
    return node;
  }

  @Override
  public synchronized boolean delete(Path path) throws IOException {
    step("delete");
    boolean was = names.remove(path) != null;
    if (was) {
      changes.add(new NameChange(path.getParent(), () -> durableNames.remove(path)));
    }
    mayBeCut();
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
    mayBeCut();
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

  @Override
  public synchronized List<Path> list(Path directory) {
    return names.keySet().stream().filter(path -> directory.equals(path.getParent())).toList();
  }

  @Override
  public synchronized long size(Path path) throws IOException {
    return node(path).content.length;
  }

  /** All bytes of a file, as a process would read them now. */
  public synchronized byte[] bytes(Path path) throws IOException {
    return node(path).content.clone();
  }

  @Override
  public synchronized void syncDirectory(Path directory) throws IOException {
    step("sync of directory");
    if (syncFails) {
      throw new IOException("Input/output error");
    }
    mayBeCut();
    List<NameChange> left = new ArrayList<>();
    for (NameChange change : changes) {
      if (change.directory.equals(directory)) {
        change.change.run();
      } else {
        left.add(change);
      }
    }
    changes.clear();
    changes.addAll(left);
  }

  @Override
  public synchronized Optional<UUID> systemStart() {
    return Optional.of(systemStart);
  }

  private final class FaultFile implements DiskFile {
    private final Node node;
    private final boolean appends;
    private long position;

    FaultFile(Node node, long position, boolean appends) {
      this.node = node;
      this.position = position;
      this.appends = appends;
    }

    @Override
    public int read(MemorySegment memory, long offset, int length) {
      synchronized (FaultDisk.this) {
        int count = (int) Math.min(length, node.content.length - position);
        if (count <= 0) {
          return -1;
        }
        MemorySegment.copy(
            node.content, (int) position, memory, ValueLayout.JAVA_BYTE, offset, count);
        position += count;
        return count;
      }
    }

    @Override
    public void write(MemorySegment memory, long offset, long length) throws IOException {
      synchronized (FaultDisk.this) {
        step("write");
        int at = appends ? node.content.length : (int) position;
        int inside = (int) Math.min(length, node.content.length - at);
        int fits = inside + (int) Math.min(length - inside, roomBytes);
        node.changed(at);
        if (at + fits > node.content.length) {
          node.content = Arrays.copyOf(node.content, at + fits);
        }
        MemorySegment.copy(memory, ValueLayout.JAVA_BYTE, offset, node.content, at, fits);
        roomBytes -= fits - inside;
        position = at + fits;
        mayBeCut();
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
        mayBeCut();
        node.sync();
      }
    }

    @Override
    public long position() {
      synchronized (FaultDisk.this) {
        return position;
      }
    }

    @Override
    public void position(long bytes) {
      synchronized (FaultDisk.this) {
        position = bytes;
      }
    }

    @Override
    public long size() {
      synchronized (FaultDisk.this) {
        return node.content.length;
      }
    }

    @Override
    public void truncate(long sizeBytes) throws IOException {
      synchronized (FaultDisk.this) {
        step("truncate");
        if (sizeBytes < node.content.length) {
          node.cut((int) sizeBytes);
          position = Math.min(position, sizeBytes);
        }
        mayBeCut();
      }
    }

    @Override
    public void close() {}
  }
}
