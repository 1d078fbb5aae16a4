package io.redoubt.protocol.config.directive;

/**
 * Checks a value of a directive before it is set, or consumes it after a change.
 *
 * @param <T> the type of the directive's value
 */
@FunctionalInterface
public interface ValueCheck<T> {
  /**
   * Checks the value.
   *
   * @throws RefusedValue to refuse it
   */
  void check(T value) throws RefusedValue;
}
