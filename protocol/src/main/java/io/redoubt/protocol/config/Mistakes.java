package io.redoubt.protocol.config;

/**
 * The taker of the mistakes in a configuration: a start ends at the first one, {@code
 * --check-config} lists all.
 */
@FunctionalInterface
public interface Mistakes {
  /** Ends at the first mistake. */
  Mistakes FIRST =
      mistake -> {
        throw mistake;
      };

  /** Receives a mistake, or throws it. */
  void onMistake(FatalConfigError mistake) throws FatalConfigError;
}
