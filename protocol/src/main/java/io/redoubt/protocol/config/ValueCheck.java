package io.redoubt.protocol.config;

/**
 * Looks at one value of a directive: before it is taken, or after it has changed.
 *
 * @param <T> the type of the directive's value
 */
@FunctionalInterface
public interface ValueCheck<T> {
  /**
   * Looks at the value.
   *
   * @throws RefusedValue when it must not be
   */
  void look(T value) throws RefusedValue;
}
