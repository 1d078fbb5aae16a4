package io.redoubt.server.loading;

import java.util.Locale;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/** Whether a server loads its data set, how far it is, and what the last load brought. */
public final class LoadProgress {

  private Consumer<Boolean> listener = on -> {};
  private Runnable watcher = () -> {};
  private boolean loading;
  private boolean beside;
  private long startMillis;
  private long totalBytes;
  private long loadedBytes;
  private long usedMemory;
  private long keysLoaded;
  private long keysExpired;

  /** Sets who hears that a load begins (true) or is over (false). */
  public void onChange(Consumer<Boolean> newListener) {
    listener = newListener;
  }

  /** Sets who hears that a load has come further, many times a second. */
  public void onReached(Runnable newWatcher) {
    watcher = newWatcher;
  }

  private void loading(boolean on) {
    loading = on;
    listener.accept(on);
  }

  /**
   * A load begins.
   *
   * @param nowMillis Unix time
   * @param total the bytes to load, 0 when that is not known
   */
  public void begin(long nowMillis, long total) {
    loading(true);
    start(nowMillis, total);
  }

  private void start(long nowMillis, long total) {
    startMillis = nowMillis;
    totalBytes = total;
    loadedBytes = 0;
    usedMemory = 0;
    keysLoaded = 0;
    keysExpired = 0;
  }

  /** A load begins beside the data set, which is served meanwhile; see {@link #begin}. */
  public void beginBeside(long nowMillis, long total) {
    start(nowMillis, total);
    beside = true;
  }

  /** Whether a load beside the data set is under way. */
  public boolean isLoadingBeside() {
    return beside;
  }

  /** The load under way has come so far. */
  public void reached(RdbLoader loader) {
    loadedBytes = loader.loadedBytes();
    keysLoaded = loader.keysLoaded();
    keysExpired = loader.keysExpired();
    usedMemory = loader.usedMemoryOfMaker();
    watcher.run();
  }

  /** The load under way has come so far, in bytes. */
  public void reached(long bytes) {
    loadedBytes = bytes;
    watcher.run();
  }

  /** The load is over, well or not. */
  public void end() {
    beside = false;
    loading(false);
  }

  /** Whether a load is under way. */
  public boolean isLoading() {
    return loading;
  }

  /** The share of the bytes loaded, in percent; 0 when the total is not known. */
  public double percent() {
    return totalBytes == 0 ? 0 : 100.0 * loadedBytes / totalBytes;
  }

  /** How many seconds the rest takes if it takes as long as what has been loaded. */
  public long secondsLeft(long nowMillis) {
    long elapsedSeconds = (nowMillis - startMillis) / 1000;
    long left = Math.max(totalBytes - loadedBytes, 0);
    return loadedBytes == 0 ? 1 : elapsedSeconds * left / loadedBytes;
  }

  /** The keys that the load under way, or the last one, has brought so far. */
  public long keysLoaded() {
    return keysLoaded;
  }

  /** Declares the two fields about the last load, which come after the other rdb_ fields. */
  public void declareInfo(BiConsumer<String, LongSupplier> number) {
    number.accept("rdb_last_load_keys_expired", () -> keysExpired);
    number.accept("rdb_last_load_keys_loaded", () -> keysLoaded);
  }

  /**
   * Tells the fields that are there only while loading, which come last in the section.
   *
   * @param field takes a name and a value
   */
  public void tell(long nowMillis, BiConsumer<String, String> field) {
    if (!loading && !beside) {
      return;
    }
    long eta = secondsLeft(nowMillis);
    field.accept("loading_start_time", Long.toString(startMillis / 1000));
    field.accept("loading_total_bytes", Long.toString(totalBytes));
    field.accept("loading_rdb_used_mem", Long.toString(usedMemory));
    field.accept("loading_loaded_bytes", Long.toString(loadedBytes));
    field.accept("loading_loaded_perc", String.format(Locale.ROOT, "%.2f", percent()));
    field.accept("loading_eta_seconds", Long.toString(eta));
  }
}
