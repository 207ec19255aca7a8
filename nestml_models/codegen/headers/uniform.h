/*
 *  Uniform random numbers of a thread: those of NEST's generator, to the last bit, in less time.
 *
 *  A neuron draws one in every step. NEST's drand() is a virtual function that turns 64 random bits into a
 *  number by whether their first one is set, which the processor guesses wrongly half of the time.
 *
 *  SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef V1CORTEX_UNIFORM_H
#define V1CORTEX_UNIFORM_H

#include <cstdint>
#include <limits>
#include <random>
#include <typeinfo>

#include "random_generators.h"

namespace v1cortex
{

class Uniform
{
public:
  Uniform() = default;

  /** Draw from a generator, which is looked at closely if it is of NEST's default type. */
  explicit Uniform( nest::BaseRandomGenerator& generator )
    : generator_( &generator )
    , usual_( typeid( generator ) == typeid( Usual ) and are_as_drand() ? static_cast< Usual* >( &generator ) : nullptr )
  {
  }

  /** Return the next number in [0, 1). */
  double drand() { return usual_ ? drawn( *usual_ ) : generator_->drand(); }

private:
  typedef nest::RandomGenerator< std::mt19937_64 > Usual;
  static constexpr double LARGEST = 0x1.fffffffffffffp-1;

  static double drawn( Usual& usual )
  {
    // The generator's own range, so that its bits come as they are.
    std::uniform_int_distribution< unsigned long > all( 0, std::numeric_limits< unsigned long >::max() );
    const uint64_t bits = usual( all );
    // Both halves are exact: so the sum is rounded once, as 64 bits are.
    const double high = static_cast< double >( static_cast< int64_t >( bits >> 32 ) );
    const double low = static_cast< double >( static_cast< int64_t >( bits & 0xFFFFFFFF ) );
    const double number = high * 0x1p-32 + low * 0x1p-64;
    return number < LARGEST ? number : LARGEST;
  }

  /** Return whether numbers are those of drand() with the C++ library in use, which may draw differently. */
  static bool are_as_drand()
  {
    static const bool are = []
    {
      Usual one( { 1, 2, 3 } ), other( { 1, 2, 3 } );
      for ( int i = 0; i < 1000; ++i )
      {
        if ( drawn( one ) != other.drand() )
        {
          return false;
        }
      }
      return true;
    }();
    return are;
  }

  nest::BaseRandomGenerator* generator_ = nullptr;
  Usual* usual_ = nullptr;  // the same, if it is known how to draw from it
};

}  // namespace v1cortex

#endif
