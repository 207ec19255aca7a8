/*
 *  Exponential decay over whole time steps, from a table.
 *
 *  Synapses decay from spike to spike, which are whole steps apart, with few time constants: so each value
 *  is computed once for all synapses of all threads, and the division by the time constant goes with it.
 *
 *  SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef V1CORTEX_DECAY_H
#define V1CORTEX_DECAY_H

#include <array>
#include <cmath>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

#include "nest_time.h"

namespace v1cortex
{

/**
 * exp( -t / tau ) after whole steps.
 */
class Decay
{
public:
  /** Set the time constant, in ms. To be called again when the resolution has changed. */
  void set( const double tau )
  {
    const double step = nest::Time::get_resolution().get_ms();
    if ( not table_ or tau_ != tau or step_ != step )
    {
      tau_ = tau;
      step_ = step;
      table_ = table( { tau, step } );
    }
  }

  /** Return the value to the last bit of std::exp. */
  double after( const long n_steps ) const
  {
    return n_steps < N_STEPS ? ( *table_ )[ n_steps ] : value( n_steps, tau_ );
  }

private:
  static constexpr long N_STEPS = 1024;
  typedef std::array< double, N_STEPS > Table;
  typedef std::pair< double, double > Key;

  static double value( const long n_steps, const double tau ) { return std::exp( -nest::Time::delay_steps_to_ms( n_steps ) / tau ); }

  /** Return a table that is shared by all that have the same. */
  static std::shared_ptr< const Table > table( const Key& key )
  {
    static std::mutex mutex;
    static std::map< Key, std::weak_ptr< const Table > > known;

    const std::lock_guard< std::mutex > lock( mutex );
    std::erase_if( known, []( const auto& each ) { return each.second.expired(); } );
    std::shared_ptr< const Table > found = known[ key ].lock();
    if ( not found )
    {
      auto made = std::make_shared< Table >();
      for ( long n_steps = 0; n_steps < N_STEPS; ++n_steps )
      {
        ( *made )[ n_steps ] = value( n_steps, key.first );
      }
      known[ key ] = found = made;
    }
    return found;
  }

  double tau_ = 0.;
  double step_ = 0.;
  std::shared_ptr< const Table > table_;
};

}  // namespace v1cortex

#endif
