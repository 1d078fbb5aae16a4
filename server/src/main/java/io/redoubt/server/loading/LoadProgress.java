package io.redoubt.server.loading;

import io.redoubt.protocol.bytes.Decimals;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;

/** The progress of the current load of the data set, and the result of the last one. */
public final class LoadProgress {
  /** Receives the changes of the progress. */
  public interface Listener {
    /** Called at the start (true) and the end (false) of a load. */
    void onLoading(boolean loading);

    /** Called many times a second during a load. */
    void onProgress();
  }

  private static final Listener NOBODY =
      new Listener() {
        @Override
        public void onLoading(boolean loading) {}

        @Override
        public void onProgress() {}
      };

  private final Listener listener;
  private boolean loading;
  private boolean beside;
  private long startMillis;
  private long totalBytes;
  private long loadedBytes;
  private long usedMemory;
  private long keysLoaded;
  private long keysExpired;

  /** Creates the progress of the loads of a server. */
  public LoadProgress(Listener listener) {
    this.listener = listener;
  }

  /** Creates the progress of a single load. */
  public LoadProgress() {
    this(NOBODY);
  }

  private void setLoading(boolean on) {
    loading = on;
    listener.onLoading(on);
  }

  /**
   * Starts a load.
   *
   * @param nowMillis Unix time
   * @param total the number of bytes to load, 0 if it is unknown
   */
  public void begin(long nowMillis, long total) {
    setLoading(true);
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

  /** Starts a load into a second data set while the first one is served; see {@link #begin}. */
  public void beginBeside(long nowMillis, long total) {
    start(nowMillis, total);
    beside = true;
  }

  /** Returns true during a load into a second data set. */
  public boolean isLoadingBeside() {
    return beside;
  }

  /** Updates the progress from the loader. */
  public void onProgress(RdbLoader loader) {
    loadedBytes = loader.loadedBytes();
    keysLoaded = loader.keysLoaded();
    keysExpired = loader.keysExpired();
    usedMemory = loader.usedMemoryOfMaker();
    listener.onProgress();
  }

  /** Updates the progress in bytes. */
  public void onProgress(long bytes) {
    loadedBytes = bytes;
    listener.onProgress();
  }

  /** Finishes the load, successful or not. */
  public void end() {
    beside = false;
    setLoading(false);
  }

  /** Returns true during a load. */
  public boolean isLoading() {
    return loading;
  }

  /** Returns the loaded percentage of the bytes; 0 if the total is unknown. */
  public double percent() {
    return totalBytes == 0 ? 0 : 100.0 * loadedBytes / totalBytes;
  }

  /** Estimates the remaining seconds at the speed so far. */
  public long secondsLeft(long nowMillis) {
    long elapsedSeconds = (nowMillis - startMillis) / 1000;
    long left = Math.max(totalBytes - loadedBytes, 0);
    return loadedBytes == 0 ? 1 : elapsedSeconds * left / loadedBytes;
  }

  /** Returns the number of keys loaded by the current load or the last one. */
  public long keysLoaded() {
    return keysLoaded;
  }

  /** Declares the two fields about the last load, which follow the other rdb_ fields. */
  public void declareInfo(BiConsumer<String, LongSupplier> number) {
    number.accept("rdb_last_load_keys_expired", () -> keysExpired);
    number.accept("rdb_last_load_keys_loaded", () -> keysLoaded);
  }

  /**
   * Reports the fields that exist only during loading, the last ones of the section.
   *
   * @param field takes a name and a value
   */
  public void report(long nowMillis, BiConsumer<String, String> field) {
    if (!loading && !beside) {
      return;
    }
    long eta = secondsLeft(nowMillis);
    field.accept("loading_start_time", Long.toString(startMillis / 1000));
    field.accept("loading_total_bytes", Long.toString(totalBytes));
    field.accept("loading_rdb_used_mem", Long.toString(usedMemory));
    field.accept("loading_loaded_bytes", Long.toString(loadedBytes));
    field.accept("loading_loaded_perc", Decimals.format(percent(), 2));
    field.accept("loading_eta_seconds", Long.toString(eta));
  }
}
