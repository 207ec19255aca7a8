/*
 *  State variables that a variant of a synapse does without.
 *
 *  Most rules need one trace or none. A variable that is not kept takes no memory and is always 0, so
 *  that the same code gives the same bits.
 *
 *  SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef V1CORTEX_KEPT_H
#define V1CORTEX_KEPT_H

#include <cstdint>
#include <type_traits>

#include "exceptions.h"

namespace v1cortex
{

/** A variable that is always 0. Objects of different numbers can share an address. */
template < int number >
class Zero
{
public:
  operator double() const { return 0.; }
  Zero& operator+=( double ) { return *this; }
  Zero& operator*=( double ) { return *this; }
  Zero& operator=( const double value )
  {
    if ( value != 0. )
    {
      throw nest::BadProperty( "This variant of the synapse does not keep the variable; it is always 0." );
    }
    return *this;
  }
};

template < typename Value, bool is_kept, int number >
using Kept = std::conditional_t< is_kept, Value, Zero< number > >;

/** What a variant keeps besides the weight; R includes the index of rewards. */
template < bool has_X_pre, bool has_X_post, bool has_R >
struct Keeps
{
  static constexpr bool X_pre = has_X_pre;
  static constexpr bool X_post = has_X_post;
  static constexpr bool R = has_R;
};

typedef Keeps< true, true, true > KeepsAll;

}  // namespace v1cortex

#endif
