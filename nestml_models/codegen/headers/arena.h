/*
 *  The arena: what the neurons of one thread need in every step and for every spike, side by side.
 *
 *  NEST allocates each neuron on its own, and waiting for memory takes most of the time of a network
 *  that does not fit into the processor's cache. So neurons of one model and thread get a row each, in
 *  the order in which NEST updates them, and of each row
 *
 *      the state             lies in a Pool,                     read in every step,
 *      the input             lies in input[slot][row][port],     read in every step, written by spikes,
 *      the latest spikes     lie in histories[row],              read by plastic synapses.
 *
 *  A synapse knows the row of its target (delivery.h), and need not touch the neuron.
 *
 *  SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef V1CORTEX_ARENA_H
#define V1CORTEX_ARENA_H

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

#ifdef __linux__
#include <sys/mman.h>
#endif

#include "kernel_manager.h"
#include "node.h"
#include "uniform.h"

namespace v1cortex
{

constexpr size_t CACHE_LINE = 64;
constexpr size_t HUGE_PAGE = size_t( 2 ) << 20;

/**
 * Return memory that begins with a cache line; larger blocks are of huge pages where the system has them.
 */
inline void*
allocate( const size_t bytes )
{
  const size_t unit = bytes < HUGE_PAGE / 16 ? CACHE_LINE : HUGE_PAGE;
  const size_t whole = ( bytes + unit - 1 ) / unit * unit;
  void* const memory = std::aligned_alloc( unit, whole );
  if ( not memory )
  {
    throw std::bad_alloc();
  }
#ifdef MADV_HUGEPAGE
  if ( unit == HUGE_PAGE )
  {
    madvise( memory, whole, MADV_HUGEPAGE );  // if refused, usual pages do
  }
#endif
  return memory;
}

template < typename T >
struct Allocator
{
  typedef T value_type;
  Allocator() = default;
  template < typename U >
  Allocator( const Allocator< U >& )
  {
  }
  T* allocate( const size_t n ) { return static_cast< T* >( v1cortex::allocate( n * sizeof( T ) ) ); }
  void deallocate( T* memory, size_t ) { std::free( memory ); }
  bool operator==( const Allocator& ) const { return true; }
};

/**
 * Objects that lie one behind the other and never move, in the order in which they were made.
 *
 * The first object of a chunk is its head. A chunk begins anew when all its objects are gone, as they are
 * when NEST is reset. Threads make objects at the same time.
 */
template < typename T >
class Pool
{
public:
  T* make( const size_t thread )
  {
    const std::lock_guard< std::mutex > lock( mutex_ );
    if ( current_.size() <= thread )
    {
      current_.resize( thread + 1, nullptr );
    }
    Chunk*& chunk = current_[ thread ];
    if ( not chunk or chunk->n_made == PER_CHUNK )
    {
      chunk = new ( allocate( HUGE_PAGE ) ) Chunk;
    }
    ++chunk->n_alive;
    return new ( chunk->place( chunk->n_made++ ) ) T;
  }

  void destroy( T* object )
  {
    const std::lock_guard< std::mutex > lock( mutex_ );
    object->~T();
    Chunk* const chunk = reinterpret_cast< Chunk* >( reinterpret_cast< uintptr_t >( object ) & ~( HUGE_PAGE - 1 ) );
    if ( --chunk->n_alive )
    {
      return;
    }
    if ( std::find( current_.begin(), current_.end(), chunk ) != current_.end() )
    {
      chunk->n_made = 0;
    }
    else
    {
      std::free( chunk );
    }
  }

private:
  struct Chunk
  {
    size_t n_made = 0;
    size_t n_alive = 0;
    void* place( const size_t i ) { return reinterpret_cast< char* >( this ) + ( i + 1 ) * sizeof( T ); }
  };
  static_assert( sizeof( T ) >= sizeof( Chunk ) and sizeof( T ) % CACHE_LINE == 0 );
  static constexpr size_t PER_CHUNK = HUGE_PAGE / sizeof( T ) - 1;

  std::mutex mutex_;
  std::vector< Chunk* > current_;  // of each thread
};

/**
 * Spikes of a neuron that synapses are yet to read, in the order of time. The first few lie in the row.
 */
template < typename Entry >
class alignas( CACHE_LINE ) History
{
public:
  History() = default;
  History( History&& other )
    : History()
  {
    *this = std::move( other );
  }
  History& operator=( History&& other )
  {
    first_ = other.first_;
    end_ = other.end_;
    std::copy( other.near_, other.near_ + N_NEAR, near_ );
    far_ = std::move( other.far_ );
    return *this;
  }

  bool empty() const { return first_ == end_; }
  size_t size() const { return end_ - first_; }
  Entry* begin() { return data() + first_; }
  Entry* end() { return data() + end_; }
  Entry& front() { return *begin(); }
  Entry& operator[]( const size_t i ) { return begin()[ i ]; }
  void pop_front() { ++first_; }
  void clear() { first_ = end_ = 0; }

  void push_back( const Entry& entry )
  {
    if ( end_ == capacity() )
    {
      make_room();
    }
    data()[ end_++ ] = entry;
  }

  /** Return the spikes in the range of steps (t1, t2], and count that they have been read. */
  std::pair< Entry*, Entry* > read( const long t1, const long t2 )
  {
    Entry* const first = begin();
    Entry* runner = end();
    while ( runner != first and runner[ -1 ].step_ > t2 )
    {
      --runner;
    }
    Entry* const finish = runner;
    while ( runner != first and runner[ -1 ].step_ > t1 )
    {
      --runner;
      runner->access_counter_++;
    }
    return { runner, finish };
  }

private:
  static constexpr size_t N_NEAR = 12;

  Entry* data() { return far_.empty() ? near_ : far_.data(); }
  size_t capacity() const { return far_.empty() ? N_NEAR : far_.size(); }

  void make_room()
  {
    const bool fits = far_.empty() ? first_ > 0 : 2 * first_ >= end_;
    std::vector< Entry > wider( fits ? 0 : 2 * capacity() );
    std::copy( begin(), end(), fits ? data() : wider.data() );
    if ( not fits )
    {
      far_.swap( wider );
    }
    end_ -= first_;
    first_ = 0;
  }

  uint32_t first_ = 0;
  uint32_t end_ = 0;
  Entry near_[ N_NEAR ];
  std::vector< Entry > far_;  // all of them, once they were more than fit into the row
};

/**
 * The rows of the neurons of one model and thread.
 *
 * Neuron has N_PORTS, the types Hot_ (its state and what else it reads in every step) and Entry_ (a spike
 * in the history), and the function update_( Hot_&, origin, from, to ).
 */
template < typename Neuron >
class Arena
{
public:
  static constexpr uint32_t NO_ROW = UINT32_MAX;
  typedef typename Neuron::Hot_ Hot;
  typedef History< typename Neuron::Entry_ > SpikeHistory;

  explicit Arena( const size_t thread )
    : thread_( thread )
  {
  }

  /** Give a neuron the next row. Nodes are made, and updated, in this order. */
  uint32_t enter( Neuron& neuron, Hot& hot )
  {
    neurons_.push_back( &neuron );
    hot_.push_back( &hot );
    histories_.emplace_back();
    are_runs_known_ = false;
    return neurons_.size() - 1;
  }

  /** Forget all neurons: NEST destroys them together. */
  void clear()
  {
    if ( not neurons_.empty() )
    {
      *this = Arena( thread_ );
    }
  }

  size_t thread() const { return thread_; }

  /** Return the random numbers of the thread, for a neuron that is being updated. */
  Uniform& uniform() { return uniform_; }

  Neuron* neuron( const uint32_t row ) const { return neurons_[ row ]; }
  SpikeHistory& history( const uint32_t row ) { return histories_[ row ]; }

  /** Make the input fit the neurons and delays there are; what is under way is kept. */
  void fit()
  {
    const size_t n_slots = nest::kernel().connection_manager.get_min_delay() + nest::kernel().connection_manager.get_max_delay();
    const size_t stride = neurons_.size() * Neuron::N_PORTS;
    if ( n_slots != n_slots_ or stride != stride_ )
    {
      Input wider( n_slots * stride, 0. );
      for ( size_t slot = 0; slot < std::min( n_slots, n_slots_ ); ++slot )
      {
        std::copy_n( &input_[ slot * stride_ ], std::min( stride, stride_ ), &wider[ slot * stride ] );
      }
      input_.swap( wider );
      n_slots_ = n_slots;
      stride_ = stride;
    }
  }

  void clear_input( const uint32_t row )
  {
    for ( size_t slot = 0; slot < n_slots_; ++slot )
    {
      std::fill_n( &input_[ slot * stride_ + row * Neuron::N_PORTS ], Neuron::N_PORTS, 0. );
    }
  }

  /**
   * Return the slot of the input that is due some steps after the beginning of the time slice, or would
   * have been some steps before.
   */
  size_t slot( const long steps ) const
  {
    return nest::kernel().event_delivery_manager.get_modulo( steps < 0 ? steps + n_slots_ : steps );
  }

  /** Return the slot some steps after another. */
  size_t later_slot( const size_t slot, const size_t steps ) const
  {
    const size_t later = slot + steps;
    return later < n_slots_ ? later : later - n_slots_;
  }

  /** Return the input of a neuron, from port 0 on. */
  double* input( const size_t slot, const uint32_t row ) { return &input_[ slot * stride_ + row * Neuron::N_PORTS ]; }

  void prefetch_history( const uint32_t row ) const
  {
    const char* const history = reinterpret_cast< const char* >( &histories_[ row ] );
    __builtin_prefetch( history, 1 );
    __builtin_prefetch( history + CACHE_LINE, 1 );
  }

  /** To be called when neurons may have been frozen or the reverse. */
  void forget_runs() { are_runs_known_ = false; }

  /**
   * Update all neurons up to the next node of another model, if this one is the first of them, and none
   * otherwise: it has been updated by the first. So the order of events and random numbers is NEST's.
   */
  void update( const Neuron* const neuron, const nest::Time& origin, const long from, const long to )
  {
    if ( not are_runs_known_ )
    {
      find_runs();
    }
    if ( neuron != leader_ )
    {
      prefetch_node();
      return;
    }
    uniform_ = Uniform( *nest::get_vp_specific_rng( thread_ ) );
    const auto [ first, end ] = runs_[ next_run_ ];
    for ( uint32_t row = first; row < end; ++row )
    {
      Hot& hot = *hot_[ row ];
      if ( not hot.is_frozen )
      {
        neurons_[ row ]->update_( hot, *this, row, origin, from, to );
      }
    }
    next_to_fetch_ = first + 8;
    next_run_ = next_run_ + 1 < runs_.size() ? next_run_ + 1 : 0;
    leader_ = neurons_[ runs_[ next_run_ ].first ];
  }

private:
  typedef std::vector< double, Allocator< double > > Input;

  /** Ask for what NEST reads of a node that it is about to call in vain. */
  void prefetch_node()
  {
    if ( next_to_fetch_ < neurons_.size() )
    {
      const char* const node = reinterpret_cast< const char* >( neurons_[ next_to_fetch_++ ] );
      __builtin_prefetch( node );
      __builtin_prefetch( node + CACHE_LINE );
    }
  }

  /** Find the runs of neurons that follow each other in NEST. Each begins with one that is not frozen. */
  void find_runs()
  {
    runs_.clear();
    bool is_open = false;
    for ( uint32_t row = 0; row < neurons_.size(); ++row )
    {
      hot_[ row ]->is_frozen = neurons_[ row ]->is_frozen();
      is_open = is_open and neurons_[ row ]->get_thread_lid() == neurons_[ row - 1 ]->get_thread_lid() + 1;
      if ( not is_open and not hot_[ row ]->is_frozen )
      {
        runs_.emplace_back( row, row );
        is_open = true;
      }
      if ( is_open )
      {
        runs_.back().second = row + 1;
      }
    }
    next_run_ = 0;
    leader_ = runs_.empty() ? nullptr : neurons_[ runs_.front().first ];
    are_runs_known_ = true;
  }

  size_t thread_;
  std::vector< Neuron* > neurons_;
  std::vector< Hot* > hot_;
  std::vector< SpikeHistory, Allocator< SpikeHistory > > histories_;
  Input input_;
  size_t n_slots_ = 0;
  size_t stride_ = 0;
  bool are_runs_known_ = false;
  const Neuron* leader_ = nullptr;  // the neuron that will update the next run
  size_t next_run_ = 0;
  size_t next_to_fetch_ = 0;
  std::vector< std::pair< uint32_t, uint32_t > > runs_;
  Uniform uniform_;
};

/** The arenas of all threads. */
template < typename Neuron >
class Arenas
{
public:
  /** Return a thread's arena, which is made if need be: threads make nodes at the same time. */
  Arena< Neuron >& make( const size_t thread )
  {
    const std::lock_guard< std::mutex > lock( mutex_ );
    while ( arenas_.size() <= thread )
    {
      arenas_.push_back( std::make_unique< Arena< Neuron > >( arenas_.size() ) );
    }
    return *arenas_[ thread ];
  }

  Arena< Neuron >& operator[]( const size_t thread ) { return *arenas_[ thread ]; }

private:
  std::mutex mutex_;
  std::vector< std::unique_ptr< Arena< Neuron > > > arenas_;
};

}  // namespace v1cortex

#endif
